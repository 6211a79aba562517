import { gunzipSync } from 'node:zlib';
import { GexError } from '../errors.js';

/** A chain file unpacks to tens of megabytes; this bounds what a hostile one may take. */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_LAYERS = 3;

/** The bytes behind any gzip layers (web servers and people each add one); plain bytes come back as they are. Throws `data`. */
export function unpackGzip(bytes: Uint8Array, name: string): Uint8Array {
  let unpacked = bytes;
  for (let layer = 0; layer < MAX_LAYERS && unpacked[0] === 0x1f && unpacked[1] === 0x8b; layer++) {
    try {
      unpacked = gunzipSync(unpacked, { maxOutputLength: MAX_BYTES });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GexError('data', `${name}: its gzip data is cut or damaged (${reason}); fetch it again`, { cause });
    }
  }
  if (unpacked.length > MAX_BYTES) {
    throw new GexError('data', `${name}: has ${unpacked.length} bytes; a chain has at most ${MAX_BYTES}`);
  }
  return unpacked;
}
