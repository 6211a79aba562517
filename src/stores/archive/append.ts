import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GexError } from '../../errors.js';
import { ensureWritableDir, storageError, syncDirectory } from '../../io/files.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { streamPath } from './path.js';
import { mendTail, writeWhole } from './tail.js';
import { timestampOf } from './timestamp.js';

/** What an append did. */
interface Appended {
  readonly path: string;
  /** False: the same bytes are already the last record. */
  readonly added: boolean;
  /** Bytes of a cut last line that were removed first. */
  readonly tornBytes: number;
}

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
  const { end, last, tornBytes } = await mendTail(handle);
  if (last?.bytes.equals(line)) return { path, added: false, tornBytes };
  if (last) checkLater(path, last.bytes, line);
  const prefix = last?.newlineMissing ? '\n' : '';
  await writeWhole(handle, Buffer.concat([Buffer.from(prefix), line, Buffer.from('\n')]), end);
  await handle.sync();
  if (end === 0) await syncDirectory(dirname(path));
  return { path, added: true, tornBytes };
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
