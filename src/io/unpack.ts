import { isAscii } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { GexError } from '../errors.js';

/** A chain file unpacks to tens of megabytes; this bounds what a hostile one may take. */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_LAYERS = 3;

/** The text of bytes that may be packed with gzip, once or several times (web servers and people each do). Throws `data`. */
export function unpackText(bytes: Uint8Array, name: string): string {
  const unpacked = unpackGzip(bytes, name);
  // ASCII can be read one to one, which is several times faster.
  if (!isAscii(unpacked)) return new TextDecoder().decode(unpacked);
  return Buffer.from(unpacked.buffer, unpacked.byteOffset, unpacked.length).toString('latin1');
}

function unpackGzip(bytes: Uint8Array, name: string): Uint8Array {
  let unpacked = bytes;
  for (let layer = 0; layer < MAX_LAYERS && unpacked[0] === 0x1f && unpacked[1] === 0x8b; layer++) {
    try {
      unpacked = gunzipSync(unpacked, { maxOutputLength: MAX_BYTES });
    } catch (cause) {
      const isTooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
      if (isTooLarge)
        throw new GexError('data', `${name}: unpacks to more than ${MAX_BYTES} bytes; is it a chain?`, { cause });
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GexError('data', `${name}: its gzip data is cut or damaged (${reason}); fetch it again`, { cause });
    }
  }
  if (unpacked.length > MAX_BYTES) {
    throw new GexError('data', `${name}: has ${unpacked.length} bytes; at most ${MAX_BYTES} are read; is it a chain?`);
  }
  return unpacked;
}
