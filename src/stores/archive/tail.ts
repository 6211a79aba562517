import type { FileHandle } from 'node:fs/promises';
import { isWholeRecord } from '../../io/lines.js';

/** A line at the end of a file. */
interface LastLine {
  readonly start: number;
  readonly bytes: Buffer;
  readonly newlineMissing: boolean;
}

/** The end of a record file after a cut last line was removed. */
interface Tail {
  /** Size of the file now. */
  readonly end: number;
  readonly last?: LastLine;
  /** Bytes of a cut last line that were removed. */
  readonly tornBytes: number;
}

const LF = 10;
const CR = 13;
const CHUNK_BYTES = 64 * 1024;

/** Cuts a torn last line off a record file that is open for writing, and tells its last record. */
export async function mendTail(handle: FileHandle): Promise<Tail> {
  const { size } = await handle.stat();
  const last = await lastLine(handle, size);
  if (last === undefined || isWholeRecord(last.bytes, last.newlineMissing)) {
    return { end: size, tornBytes: 0, ...(last && { last }) };
  }
  await handle.truncate(last.start);
  const previous = await lastLine(handle, last.start);
  return { end: last.start, tornBytes: size - last.start, ...(previous && { last: previous }) };
}

/** The last non-empty line below `end`, read backwards. */
export async function lastLine(handle: FileHandle, end: number): Promise<LastLine | undefined> {
  let tail = Buffer.alloc(0);
  for (let start = end; start > 0; ) {
    const size = Math.min(Math.max(CHUNK_BYTES, tail.length), start);
    const chunk = Buffer.alloc(size);
    await handle.read(chunk, 0, size, start - size);
    tail = Buffer.concat([chunk, tail]);
    start -= size;
    const stop = trimmedEnd(tail);
    const newline = stop === 0 ? -1 : tail.lastIndexOf(LF, stop - 1);
    if (stop > 0 && (newline !== -1 || start === 0)) {
      return {
        start: start + newline + 1,
        bytes: tail.subarray(newline + 1, stop),
        newlineMissing: tail.indexOf(LF, stop) === -1,
      };
    }
  }
  return undefined;
}

/** Where the text before the closing newlines ends. */
function trimmedEnd(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === LF || bytes[end - 1] === CR)) end--;
  return end;
}

/** All bytes at the end of a file or none: what a full disk took is cut off again. */
export async function writeWhole(handle: FileHandle, bytes: Buffer, end: number): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
  } catch (error) {
    await handle.truncate(end);
    throw error;
  }
}
