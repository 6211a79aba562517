import { constants as bufferLimits } from 'node:buffer';
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { GexError } from '../../errors.js';
import { storageError } from '../../io/files.js';
import { type LineIndex, LineIndexer } from '../../io/lines.js';
import { readIndex, writeIndex } from './index-file.js';
import { indexPathOf } from './path.js';
import { timestampOf } from './timestamp.js';

/** `memory`: the file's bytes are kept. `stream`: only the line index is, lines are read when asked for. */
export type ReadMode = 'memory' | 'stream';

/** An open record file. Bytes are served as stored; lines are never parsed. */
export interface RecordFile {
  readonly path: string;
  /** Whole records. */
  readonly length: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Bytes after the last whole record: a write that was cut, not served. */
  readonly tornBytes: number;
  /** Bytes of record i without its newline; do not change them: in `memory` mode they are a view. RangeError outside 0..length-1. */
  line(i: number): Buffer | Promise<Buffer>;
  /** Epoch milliseconds of record i; NaN when it has no `timestamp`. */
  timestampMs(i: number): Promise<number>;
  /** The first record at or after an instant, `length` when all are earlier. Needs ascending timestamps. */
  indexAt(ms: number): Promise<number>;
  close(): Promise<void>;
}

const CHUNK_BYTES = 1 << 20;
/** Lines up to this are read at once: asking a thread for a few pages of the file costs several times the reading. */
const SHORT_BYTES = 64 * 1024;
/** Reading less than this again is faster than a cached index. */
const INDEX_MIN_BYTES = 1 << 20;
/** The vendor writes the timestamp first: this much of a line is looked at before the whole. */
const HEAD_BYTES = 512;

/** Opens a record file and indexes its lines. GexError `missing` or `storage`. */
export async function openStream(path: string, mode: ReadMode): Promise<RecordFile> {
  const handle = await attempt(path, () => open(path, 'r'));
  try {
    return await attempt(path, () => (mode === 'memory' ? loadFile(path, handle) : indexFile(path, handle)));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}

async function loadFile(path: string, handle: FileHandle): Promise<RecordFile> {
  const { size } = await handle.stat();
  if (size > bufferLimits.MAX_LENGTH) {
    throw new GexError('storage', `${path} has ${size} bytes, too many for data mode memory: use data mode stream`);
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  const indexer = new LineIndexer();
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, Math.min(CHUNK_BYTES, size - filled), filled);
    if (bytesRead === 0) break;
    indexer.push(bytes.subarray(filled, filled + bytesRead));
    filled += bytesRead;
  }
  await handle.close();
  const index = await indexer.finish((start, end) => bytes.subarray(start, end));
  return recordFile(path, index, {
    size,
    read: (start, end) => bytes.subarray(start, end),
    close: async () => {},
  });
}

/** Reads bytes of an open file: at once where they are few. Throws `storage` where the file ends before them. */
export function spanReader(path: string, handle: FileHandle): Bytes['read'] {
  return (start, end) =>
    end - start <= SHORT_BYTES ? readShort({ path, handle, start, end }) : readLong({ path, handle, start, end });
}

async function indexFile(path: string, handle: FileHandle): Promise<RecordFile> {
  const read = spanReader(path, handle);
  const stamp = await handle.stat({ bigint: true });
  const cache = stamp.size >= BigInt(INDEX_MIN_BYTES) ? indexPathOf(path) : undefined;
  const cached = cache ? await readIndex(cache, stamp) : undefined;
  const size = Number(stamp.size);
  const bytes = { size, read, close: () => handle.close() };
  if (cached) return recordFile(path, cached, bytes);

  const indexer = new LineIndexer();
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, size - at), at);
    if (bytesRead === 0) break;
    indexer.push(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  const index = await indexer.finish(read);
  if (cache) await writeIndex(cache, stamp, index);
  return recordFile(path, index, bytes);
}

interface Piece {
  readonly path: string;
  readonly handle: FileHandle;
  readonly start: number;
  readonly end: number;
}

/** Short lines are cut from blocks: an allocation of its own costs a line several times its reading. */
const BLOCK_BYTES = 4 * SHORT_BYTES;
let block = Buffer.alloc(0);

function readShort({ path, handle, start, end }: Piece): Buffer {
  if (block.length < end - start) block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  const bytes = block.subarray(0, end - start);
  block = block.subarray(end - start);
  for (let filled = 0; filled < bytes.length; ) {
    const read = readSync(handle.fd, bytes, filled, bytes.length - filled, start + filled);
    if (read === 0) throw shorter(path);
    filled += read;
  }
  return bytes;
}

async function readLong({ path, handle, start, end }: Piece): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw shorter(path);
    filled += bytesRead;
  }
  return bytes;
}

function shorter(path: string): GexError {
  return new GexError('storage', `${path} became shorter while it was open: load the date again`);
}

/** The bytes of a record file. */
interface Bytes {
  readonly size: number;
  read(start: number, end: number): Buffer | Promise<Buffer>;
  close(): Promise<void>;
}

/** A record file made of its lines and its bytes, both of which may grow while it is open. */
export function recordFile(path: string, index: LineIndex, bytes: Bytes): RecordFile {
  const span = (i: number, maxBytes = Number.POSITIVE_INFINITY): Buffer | Promise<Buffer> => {
    const start = index.starts[i];
    const end = index.ends[i];
    if (start === undefined || end === undefined) throw new RangeError(`${path} has no record ${i}`);
    return bytes.read(start, Math.min(end, start + maxBytes));
  };
  const timestampMs = async (i: number): Promise<number> => {
    const head = await span(i, HEAD_BYTES);
    const found = timestampOf(head);
    return Number.isNaN(found) && head.length === HEAD_BYTES ? timestampOf(await span(i)) : found;
  };
  return {
    path,
    get length() {
      return index.length;
    },
    get bytes() {
      return bytes.size;
    },
    get tornBytes() {
      return index.tornBytes;
    },
    line: (i) => span(i),
    timestampMs,
    indexAt: async (ms) => {
      let low = 0;
      let high = index.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((await timestampMs(middle)) < ms) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    close: () => bytes.close(),
  };
}
