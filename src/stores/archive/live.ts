import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ensureWritableDir, storageError, syncDirectory } from '../../io/files.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { streamPath } from './path.js';
import { lastLine, mendTail, writeWhole } from './tail.js';
import { timestampOf } from './timestamp.js';

/** Record files of one ticker-day that grow together, a line in each at a time. */
interface LiveWriter {
  /** Epoch ms of the last record that all files have; NaN when there is none. */
  readonly lastMs: number;
  /**
   * Adds a line (no newline) to every file, in the order of the keys; readers see whole lines. Resolves when the system has
   * them: they survive the death of the program. GexError `storage`: nothing of the record stays.
   */
  append(lines: readonly Uint8Array[]): Promise<void>;
  /** Makes what was written durable: it survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface LiveFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** Where the next line begins. */
  end: number;
  lastMs: number;
}

/**
 * Opens the files of a ticker-day for more records, made when absent. What a killed writer left is put right: a torn last
 * line is cut, and a last record that not all files have is taken away, so that record i is the same instant in all of
 * them. GexError `storage`.
 */
export async function openLiveWriter(root: string, keys: readonly StreamKey[]): Promise<LiveWriter> {
  const files: LiveFile[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.allSettled(files.map(({ handle }) => handle.close()));
  };
  try {
    for (const key of keys) files.push(await openFile(streamPath(root, key)));
    await alignEnds(files);
  } catch (error) {
    await closeAll();
    throw error;
  }
  let lastMs = Math.min(...files.map((file) => file.lastMs));
  return {
    get lastMs() {
      return lastMs;
    },
    append: async (lines) => {
      const ends = files.map(({ end }) => end);
      try {
        for (const [i, file] of files.entries()) await write(file, lines[i] as Uint8Array);
      } catch (error) {
        for (const [i, file] of files.entries()) await cut(file, ends[i] as number).catch(() => undefined);
        throw error;
      }
      lastMs = timestampOf(Buffer.from(lines[0] as Uint8Array));
    },
    sync: async () => {
      await Promise.all(files.map(({ path, handle }) => attempt(path, () => handle.datasync())));
    },
    close: async () => {
      try {
        await Promise.all(files.map(({ path, handle }) => attempt(path, () => handle.sync())));
      } finally {
        await closeAll();
      }
    },
  };
}

async function openFile(path: string): Promise<LiveFile> {
  return attempt(path, async () => {
    await ensureWritableDir(dirname(path));
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o666);
    try {
      const { end, last } = await mendTail(handle);
      const missing = last?.newlineMissing ? Buffer.from('\n') : Buffer.alloc(0);
      await writeWhole(handle, missing, end);
      if (end === 0) await syncDirectory(dirname(path));
      return { path, handle, end: end + missing.length, lastMs: last ? timestampOf(last.bytes) : Number.NaN };
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}

/** A writer adds to one file after the other: when it was killed in between, some have one record more. */
async function alignEnds(files: readonly LiveFile[]): Promise<void> {
  const firstMs = Math.min(...files.map(({ lastMs }) => (Number.isNaN(lastMs) ? Number.NEGATIVE_INFINITY : lastMs)));
  for (const file of files) {
    if (!(file.lastMs > firstMs)) continue;
    await attempt(file.path, async () => {
      const last = await lastLine(file.handle, file.end);
      const before = last && (await lastLine(file.handle, last.start));
      const beforeMs = before ? timestampOf(before.bytes) : Number.NEGATIVE_INFINITY;
      // More than one record ahead was not left by a kill: the file had a life of its own, and stays as it is.
      if (!last || beforeMs > firstMs) return;
      await cut(file, last.start);
      file.lastMs = before ? beforeMs : Number.NaN;
    });
  }
}

async function cut(file: LiveFile, end: number): Promise<void> {
  await file.handle.truncate(end);
  file.end = end;
}

async function write(file: LiveFile, line: Uint8Array): Promise<void> {
  const bytes = Buffer.allocUnsafe(line.length + 1);
  bytes.set(line);
  bytes[line.length] = 10;
  await attempt(file.path, () => writeWhole(file.handle, bytes, file.end));
  file.end += bytes.length;
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, 'write', path);
  }
}
