import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { ChainSnapshot } from '../../core/model.js';
import { GexError } from '../../errors.js';
import { unpackText } from '../../io/unpack.js';
import type { ChainReadOptions } from '../../wire/chain-reading.js';
import { readChainText } from '../../wire/chain-text.js';

/** Reads a chain file: Cboe JSON or CSV or gex-chain/1, gzip or not; `-` is stdin. Throws `missing` (no such file), `storage` (unreadable), `data`. */
export async function readChainFile(path: string, options: ChainReadOptions = {}): Promise<ChainSnapshot> {
  if (path === '-') return parseChain(await buffer(process.stdin), 'stdin', options);
  return parseChain(await readBytes(path), path, options);
}

/** Reads a chain from bytes; `name` is for messages. Throws `data`. */
export function parseChain(bytes: Uint8Array, name: string, options: ChainReadOptions = {}): ChainSnapshot {
  return readChainText(unpackText(bytes, name), name, options);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new GexError('missing', `${path}: no such chain file; check the path`, { cause });
    if (code === 'EISDIR') throw new GexError('missing', `${path}: is a folder; name a chain file in it`, { cause });
    throw new GexError('storage', `${path}: cannot be read (${code}); check its permissions`, { cause });
  }
}
