import { type FileHandle, open } from 'node:fs/promises';
import { storageError } from '../../io/files.js';
import { timestampOf } from './timestamp.js';

/** Times of the first and the last line of a record file that have one, epoch ms. */
interface FileEnds {
  readonly firstMs?: number;
  readonly lastMs?: number;
}

/** The vendor writes the timestamp first: so much of a line is looked at. */
const HEAD_BYTES = 4096;
const CHUNK_BYTES = 256 * 1024;
/** A last line longer than this is not looked for. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const LF = 10;

/** What the ends of a record file say, without reading the rest. GexError `missing` or `storage`. */
export async function readEnds(path: string): Promise<FileEnds> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const lastStart = await lastLineStart(handle, size);
      const firstMs = await timeAt(handle, 0);
      const lastMs = lastStart === undefined ? Number.NaN : await timeAt(handle, lastStart);
      return { ...(firstMs >= 0 && { firstMs }), ...(lastMs >= 0 && { lastMs }) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}

async function timeAt(handle: FileHandle, start: number): Promise<number> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, start);
  const head = buffer.subarray(0, bytesRead);
  const end = head.indexOf(LF);
  return Math.round(timestampOf(end === -1 ? head : head.subarray(0, end)));
}

/** Where the last line with its newline begins. */
async function lastLineStart(handle: FileHandle, size: number): Promise<number | undefined> {
  let end: number | undefined;
  for (let to = size; to > 0 && size - to < MAX_LINE_BYTES; ) {
    const from = Math.max(0, to - CHUNK_BYTES);
    const chunk = Buffer.alloc(to - from);
    await handle.read(chunk, 0, chunk.length, from);
    for (let at = chunk.lastIndexOf(LF); at !== -1; at = at === 0 ? -1 : chunk.lastIndexOf(LF, at - 1)) {
      if (end !== undefined && end - (from + at) > 2) return from + at + 1; // not a blank line
      end = from + at;
    }
    to = from;
  }
  return end === undefined ? undefined : 0;
}
