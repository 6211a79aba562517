import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { storageError } from '../../io/files.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { gapsPath } from './gaps.js';
import { indexPathOf, relativeStreamPath, streamPath } from './path.js';

/**
 * Removes the record file of a stream with its line index, with the last one of a ticker-day its gaps, and the folders that
 * are empty then. False, and nothing is
 * touched, when there is no such file or a part of its path below `root` is a link. GexError `storage`.
 */
export async function removeStream(root: string, key: StreamKey): Promise<boolean> {
  const path = streamPath(root, key);
  try {
    if (!(await isPlainFile(root, relativeStreamPath(key)))) return false;
    const index = indexPathOf(path);
    if (index) await remove(index, 4);
    await remove(path, 3);
    const gaps = gapsPath(root, key.date, key.ticker);
    const left = await readdir(dirname(gaps)).catch(absent);
    if (left?.length === 1 && left[0] === basename(gaps)) await remove(gaps, 2);
    return true;
  } catch (error) {
    throw storageError(error, 'remove', path);
  }
}

/** Whether a stream's file could be removed: a plain file in plain folders. GexError `storage`. */
export async function isRemovable(root: string, key: StreamKey): Promise<boolean> {
  try {
    return await isPlainFile(root, relativeStreamPath(key));
  } catch (error) {
    throw storageError(error, 'look at', streamPath(root, key));
  }
}

async function isPlainFile(root: string, relative: string): Promise<boolean> {
  let folder = root;
  const parts = relative.split(/[\\/]/);
  for (const [i, part] of parts.entries()) {
    folder = join(folder, part);
    const found = await lstat(folder).catch(absent);
    if (i < parts.length - 1 ? !found?.isDirectory() : !found?.isFile()) return false;
  }
  return true;
}

/** A file, and up to `levels` folders above it that hold nothing else. */
async function remove(path: string, levels: number): Promise<void> {
  await unlink(path).catch(absent);
  let folder = dirname(path);
  for (let level = 0; level < levels; level++, folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
