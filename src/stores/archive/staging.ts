import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../../io/files.js';
import { isAbandoned } from '../../io/owner.js';

/**
 * Moves finished files (paths relative to both folders) from staging into the archive. A ticker-day that is new arrives by
 * one rename; one that exists has its files replaced one by one, each of them whole at any moment.
 */
export async function placeFiles(staging: string, root: string, files: readonly string[]): Promise<void> {
  const days = new Set(files.map((file) => dirname(dirname(file))));
  for (const day of days) {
    const ofDay = files.filter((file) => dirname(dirname(file)) === day);
    const packages = [...new Set(ofDay.map(dirname))];
    await mkdir(dirname(join(root, day)), { recursive: true });
    for (const folder of [...packages, day]) await syncDirectory(join(staging, folder));
    if (!(await moveFolder(join(staging, day), join(root, day)))) {
      for (const folder of packages) await mkdir(join(root, folder), { recursive: true });
      for (const file of ofDay) await rename(join(staging, file), join(root, file));
      for (const folder of packages) await syncDirectory(join(root, folder));
    }
    await syncDirectory(dirname(join(root, day)));
  }
  await syncDirectory(root);
}

/** False when the destination already has something in it. */
async function moveFolder(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST'))
      return false;
    throw error;
  }
}

/** Removes the staging of runs that were killed; the staging of running ones, also on other hosts, stays. */
export async function sweepStaging(stagingRoot: string): Promise<void> {
  for (const name of await readdir(stagingRoot)) {
    if (!isAbandoned(name, 0, Date.now())) continue; // whenever it was last written
    const path = join(stagingRoot, name);
    const lastWriteMs = await newestWrite(path);
    if (isAbandoned(name, lastWriteMs, Date.now())) await rm(path, { recursive: true, force: true });
  }
}

async function newestWrite(folder: string): Promise<number> {
  const paths = await readdir(folder, { recursive: true }).catch(() => []);
  const stats = await Promise.all(
    [folder, ...paths.map((path) => join(folder, path))].map((path) => stat(path).catch(() => undefined)),
  );
  return Math.max(...stats.map((found) => found?.mtimeMs ?? 0));
}
