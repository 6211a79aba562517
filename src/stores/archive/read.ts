import { constants as bufferLimits } from 'node:buffer';
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
  /** Bytes after the last whole record: a write that was cut, not served. */
  readonly tornBytes: number;
  /** Bytes of record i without its newline; read only in `memory` mode, where they are a view: do not change them. RangeError outside 0..length-1. */
  line(i: number): Buffer | Promise<Buffer>;
  /** Epoch milliseconds of record i; NaN when it has no `timestamp`. */
  timestampMs(i: number): Promise<number>;
  /** The first record at or after an instant, `length` when all are earlier. Needs ascending timestamps. */
  indexAt(ms: number): Promise<number>;
  close(): Promise<void>;
}

const CHUNK_BYTES = 1 << 20;
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
    read: (start, end) => bytes.subarray(start, end),
    close: async () => {},
  });
}

async function indexFile(path: string, handle: FileHandle): Promise<RecordFile> {
  const read = async (start: number, end: number): Promise<Buffer> => {
    const bytes = Buffer.allocUnsafe(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0)
        throw new GexError('storage', `${path} became shorter while it was open: load the date again`);
      filled += bytesRead;
    }
    return bytes;
  };
  const stamp = await handle.stat({ bigint: true });
  const cache = stamp.size >= BigInt(INDEX_MIN_BYTES) ? indexPathOf(path) : undefined;
  const cached = cache ? await readIndex(cache, stamp) : undefined;
  if (cached) return recordFile(path, cached, { read, close: () => handle.close() });

  const indexer = new LineIndexer();
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const size = Number(stamp.size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, size - at), at);
    if (bytesRead === 0) break;
    indexer.push(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  const index = await indexer.finish(read);
  if (cache) await writeIndex(cache, stamp, index);
  return recordFile(path, index, { read, close: () => handle.close() });
}

interface Bytes {
  read(start: number, end: number): Buffer | Promise<Buffer>;
  close(): Promise<void>;
}

function recordFile(path: string, index: LineIndex, bytes: Bytes): RecordFile {
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
    length: index.length,
    tornBytes: index.tornBytes,
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
