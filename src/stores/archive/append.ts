import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GexError } from '../../errors.js';
import { ensureWritableDir, storageError, syncDirectory } from '../../io/files.js';
import { isWholeRecord } from '../../io/lines.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { streamPath } from './path.js';
import { timestampOf } from './timestamp.js';

/** What an append did. */
interface Appended {
  readonly path: string;
  /** False: the same bytes are already the last record. */
  readonly added: boolean;
  /** Bytes of a cut last line that were removed first. */
  readonly tornBytes: number;
}

const LF = 10;
const CHUNK_BYTES = 64 * 1024;

/**
 * Adds one record line (no newline) to a stream's file, made when absent, and fsyncs it. A torn last line is cut first.
 * GexError `data` when the line is not later than the last record, `storage` when it could not be written whole.
 */
export async function appendRecord(root: string, key: StreamKey, line: Uint8Array): Promise<Appended> {
  const path = streamPath(root, key);
  try {
    await ensureWritableDir(dirname(path));
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o666);
    try {
      return await appendTo(path, handle, Buffer.from(line.buffer, line.byteOffset, line.byteLength));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageError(error, 'write', path);
  }
}

async function appendTo(path: string, handle: FileHandle, line: Buffer): Promise<Appended> {
  const { size } = await handle.stat();
  const last = await lastLine(handle, size);
  const torn = last !== undefined && !isWholeRecord(last.bytes, last.newlineMissing);
  const tornBytes = torn ? size - last.start : 0;
  if (torn) await handle.truncate(last.start);
  const previous = torn ? await lastLine(handle, last.start) : last;
  if (previous?.bytes.equals(line)) return { path, added: false, tornBytes };
  if (previous) checkLater(path, previous.bytes, line);
  const end = size - tornBytes;
  const prefix = previous?.newlineMissing ? '\n' : '';
  const bytes = Buffer.concat([Buffer.from(prefix), line, Buffer.from('\n')]);
  await writeWhole(handle, bytes, end);
  await handle.sync();
  if (size === 0) await syncDirectory(dirname(path));
  return { path, added: true, tornBytes };
}

/** All bytes or none: what a full disk took is cut off again. */
async function writeWhole(handle: FileHandle, bytes: Buffer, end: number): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
  } catch (error) {
    await handle.truncate(end);
    throw error;
  }
}

function checkLater(path: string, previous: Buffer, line: Buffer): void {
  const before = timestampOf(previous);
  const after = timestampOf(line);
  if (after > before || Number.isNaN(before)) return;
  const found = Number.isNaN(after) ? 'has no timestamp' : `is of ${new Date(after).toISOString()}`;
  throw new GexError(
    'data',
    `cannot append to ${path}: the record ${found}, not later than the last one of ${new Date(before).toISOString()}`,
  );
}

interface LastLine {
  readonly start: number;
  readonly bytes: Buffer;
  readonly newlineMissing: boolean;
}

/** The last non-empty line below `end`, read backwards. */
async function lastLine(handle: FileHandle, end: number): Promise<LastLine | undefined> {
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
  while (end > 0 && (bytes[end - 1] === LF || bytes[end - 1] === 13)) end--;
  return end;
}
