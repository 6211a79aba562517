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
const FIRST_PIECE_BYTES = 64 * 1024;
const MOST_PIECE_BYTES = 1024 * 1024;

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

/** The last non-empty line below `end`. */
export async function lastLine(handle: FileHandle, end: number): Promise<LastLine | undefined> {
  for await (const line of linesBackwards(handle, end)) return line;
  return undefined;
}

/** The non-empty lines below `end`, from the last one to the first. Pieces that are read grow to a MiB. */
export async function* linesBackwards(handle: FileHandle, end: number): AsyncGenerator<LastLine> {
  let text = Buffer.alloc(0);
  let pieceBytes = FIRST_PIECE_BYTES;
  for (let start = end; ; ) {
    const stop = trimmedEnd(text);
    const newline = stop === 0 ? -1 : text.lastIndexOf(LF, stop - 1);
    if (stop > 0 && (newline !== -1 || start === 0)) {
      const bytes = text.subarray(newline + 1, stop);
      yield { start: start + newline + 1, bytes, newlineMissing: text.indexOf(LF, stop) === -1 };
      text = text.subarray(0, newline + 1);
      continue;
    }
    if (start === 0) return;
    const size = Math.min(Math.max(pieceBytes, text.length), start);
    const piece = Buffer.alloc(size);
    await handle.read(piece, 0, size, start - size);
    text = Buffer.concat([piece, text]);
    start -= size;
    pieceBytes = Math.min(2 * pieceBytes, MOST_PIECE_BYTES);
  }
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
