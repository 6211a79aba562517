import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureWritableDir, storageError } from '../../io/files.js';
import { newOwnerTag } from '../../io/owner.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { relativeStreamPath, STAGING_FOLDER } from './path.js';
import { placeFiles, sweepStaging } from './staging.js';
import { StreamWriter } from './stream-writer.js';

/** A finished file of the archive. */
export interface WrittenFile {
  readonly key: StreamKey;
  readonly path: string;
  readonly lines: number;
  readonly bytes: number;
}

/** Writes whole day files of many streams at once. Nothing is in the archive before `commit`. */
export interface DayWriter {
  /**
   * Adds one record line (no newline in it) to stream `stream`, its position in the keys. A promise means the disk is
   * behind: await it before the next line, and leave `line` alone until then. Without one `line` may be reused at once.
   */
  append(stream: number, line: Uint8Array): Promise<void> | undefined;
  /** Makes all files durable, then moves them into place, over older ones. GexError `storage`: a failure to write leaves the archive as it was. */
  commit(): Promise<readonly WrittenFile[]>;
  /** Forgets everything written; may be called at any time, also after a failed commit. */
  abort(): Promise<void>;
}

const BUFFER_BYTES = 256 * 1024;

/** Opens a writer of day files below `root`; memory: two buffers per stream. Sweeps the staging of killed runs. GexError `storage`. */
export async function openDayWriter(
  root: string,
  keys: readonly StreamKey[],
  options: { readonly bufferBytes?: number } = {},
): Promise<DayWriter> {
  const stagingRoot = join(root, STAGING_FOLDER);
  const staging = join(stagingRoot, newOwnerTag());
  const files = keys.map((key) => ({ key, relative: relativeStreamPath(key) }));
  const writers: StreamWriter[] = [];
  const abort = async (): Promise<void> => {
    await Promise.allSettled(writers.map((writer) => writer.abandon()));
    await rm(staging, { recursive: true, force: true });
  };
  await ensureWritableDir(stagingRoot);
  await sweepStaging(stagingRoot);
  try {
    for (const { relative } of files) {
      const path = join(staging, relative);
      await mkdir(dirname(path), { recursive: true });
      writers.push(new StreamWriter(path, await open(path, 'wx'), options.bufferBytes ?? BUFFER_BYTES));
    }
  } catch (error) {
    await abort();
    throw storageError(error, 'write to', root);
  }
  return {
    append: (stream, line) => {
      const writer = writers[stream];
      if (!writer) throw new RangeError(`the day writer has ${writers.length} streams, none at ${stream}`);
      return writer.append(line);
    },
    commit: async () => {
      try {
        for (const writer of writers) await writer.finish();
        await placeFiles(
          staging,
          root,
          files.map((file) => file.relative),
        );
      } catch (error) {
        await abort();
        throw storageError(error, 'write to', root);
      }
      await rm(staging, { recursive: true, force: true });
      return files.map(({ key, relative }, i) => {
        const { lines = 0, bytes = 0 } = writers[i] ?? {};
        return { key, path: join(root, relative), lines, bytes };
      });
    },
    abort,
  };
}
