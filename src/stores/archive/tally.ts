import { type FileHandle, open } from 'node:fs/promises';
import { storageError } from '../../io/files.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { GrowingScan } from './growing-scan.js';
import { type InspectedFile, inspected } from './inspect.js';
import { streamPath } from './path.js';
import { readerOf, scanChunk, scanOn } from './scan.js';

/** Reads record files as they grow, so that at the end it is known what they hold. Close it. */
interface Tally {
  /** Goes on, by so many bytes of all files at most. True when it has read them to their ends. GexError `storage`, `missing`. */
  advance(mostBytes: number): Promise<boolean>;
  /** What the files hold as far as they were read, in the order of the keys; once. GexError `data` for a file that is not whole. */
  finish(): Promise<InspectedFile[]>;
  close(): Promise<void>;
}

interface Part {
  readonly path: string;
  readonly scan: GrowingScan;
  handle: FileHandle | undefined;
}

/** A tally of files that exist when it first advances; they must only grow. */
export function createTally(root: string, keys: readonly StreamKey[]): Tally {
  const parts = keys.map((key): Part => {
    const path = streamPath(root, key);
    return { path, scan: new GrowingScan(path, key.date), handle: undefined };
  });
  const chunk = scanChunk();
  return {
    advance: async (mostBytes) => {
      let left = mostBytes;
      for (const part of parts) {
        left -= await attempt(part.path, async () => scanOn(part.scan, await opened(part), { mostBytes: left, chunk }));
        if (left <= 0) return false;
      }
      return true;
    },
    finish: () =>
      Promise.all(
        parts.map((part) =>
          attempt(part.path, async () => inspected(part.path, await part.scan.finish(readerOf(await opened(part))))),
        ),
      ),
    close: async () => {
      await Promise.allSettled(parts.map(({ handle }) => handle?.close()));
    },
  };
}

async function opened(part: Part): Promise<FileHandle> {
  part.handle ??= await open(part.path, 'r');
  return part.handle;
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}
