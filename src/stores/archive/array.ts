import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { GexError } from '../../errors.js';
import { storageError } from '../../io/files.js';
import { isWholeRecord } from '../../io/lines.js';

/**
 * A record file seen as one JSON array, without an index and in constant memory: a bracket, the file with the newline
 * after each record turned into a comma, a bracket. So byte i of the array is byte i - 1 of the file, and any part of it
 * can be read at once. Blank lines become spaces; a torn record at the end is left out.
 */
interface RecordArray {
  /** Bytes of the array. */
  readonly length: number;
  /** Tells this state of the file from any other. */
  readonly version: string;
  /** Bytes `start` to `end` (exclusive) of the array. The file is closed when the stream is. */
  read(start: number, end: number): Readable;
  close(): Promise<void>;
}

const CHUNK_BYTES = 128 * 1024;
const LF = 10;
const CR = 13;
const [COMMA, SPACE] = [0x2c, 0x20];

/** Opens a record file as an array. GexError `missing` or `storage`. */
export async function openArray(path: string): Promise<RecordArray> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size, mtimeMs, ino } = await handle.stat();
      const contentEnd = await wholeRecordsEnd(handle, size);
      return {
        length: contentEnd + 2,
        version: [size, Math.round(mtimeMs), ino].map((part) => part.toString(36)).join('-'),
        read: (start, end) => {
          const bytes = Readable.from(arrayBytes(handle, contentEnd, { start, end }), { objectMode: false });
          return bytes.once('close', () => handle.close());
        },
        close: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

async function* arrayBytes(handle: FileHandle, contentEnd: number, { start, end }: Span): AsyncGenerator<Buffer> {
  if (start === 0 && end > 0) yield Buffer.from('[');
  const from = Math.max(0, start - 1);
  const to = Math.min(contentEnd, end - 1);
  let lineStart = await lineStartBefore(handle, from);
  for (let at = from; at < to; ) {
    const chunk = await readSpan(handle, { start: at, end: Math.min(to, at + CHUNK_BYTES) });
    if (chunk.length === 0) throw new GexError('storage', 'a record file became shorter while it was being sent');
    lineStart = joinLines(chunk, at, lineStart);
    at += chunk.length;
    yield chunk;
  }
  if (start < end && end === contentEnd + 2) yield Buffer.from(']');
}

/** Turns the newlines of a chunk into commas, in place; returns where the line that is still open begins. */
function joinLines(chunk: Buffer, base: number, openLine: number): number {
  let lineStart = openLine;
  for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
    const length = base + at - lineStart;
    // A carriage return in the chunk before: then the line cannot be longer either.
    const onlyReturn = length === 1 && (at === 0 || chunk[at - 1] === CR);
    chunk[at] = length === 0 || onlyReturn ? SPACE : COMMA;
    lineStart = base + at + 1;
  }
  return lineStart;
}

/** Where the line that holds byte `at` begins, as far as it matters: two bytes or more before are all the same. */
async function lineStartBefore(handle: FileHandle, at: number): Promise<number> {
  const before = await readSpan(handle, { start: Math.max(0, at - 2), end: at });
  const newline = before.lastIndexOf(LF);
  return newline === -1 ? at - before.length : at - before.length + newline + 1;
}

/** The end of the last whole record; 0 when there is none. */
async function wholeRecordsEnd(handle: FileHandle, size: number): Promise<number> {
  const end = await lastMatch(handle, size, (byte) => !isBlank(byte));
  const lineStart = await lastMatch(handle, end, (byte) => byte === LF);
  const newlineMissing = (await lastMatch(handle, size, (byte) => byte === LF)) <= end;
  // With its newline only the last byte of a line tells whether it is whole.
  const looked = newlineMissing ? lineStart : Math.max(lineStart, end - 1);
  if (end === 0 || isWholeRecord(await readSpan(handle, { start: looked, end }), newlineMissing)) return end;
  return lastMatch(handle, lineStart, (byte) => !isBlank(byte));
}

/** One past the last byte before `end` that matches; 0 when none does. */
async function lastMatch(handle: FileHandle, end: number, matches: (byte: number) => boolean): Promise<number> {
  for (let to = end; to > 0; ) {
    const start = Math.max(0, to - CHUNK_BYTES);
    const chunk = await readSpan(handle, { start, end: to });
    const found = chunk.findLastIndex(matches);
    if (found !== -1) return start + found + 1;
    to = start;
  }
  return 0;
}

async function readSpan(handle: FileHandle, { start, end }: Span): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

const isBlank = (byte: number): boolean => byte === SPACE || byte === 9 || byte === CR || byte === LF;
