import { spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { tempFolder } from './folder.js';

/** A file system of `kilobytes` that is gone when the running test ends; undefined where it cannot be mounted. */
export function tinyDisk(kilobytes: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = tempFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { stdio: 'ignore' });
  if (mounted.status !== 0) return undefined;
  onTestFinished(() => {
    spawnSync('umount', ['-l', folder], { stdio: 'ignore' });
  });
  return folder;
}

/** Turns a tiny disk read-only. */
export function makeReadOnly(disk: string): void {
  const { status } = spawnSync('mount', ['-o', 'remount,ro', disk], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${disk} cannot be made read-only`);
}
