import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { isRunning } from './process-mark.js';

/** Another machine's processes cannot be asked whether they live: its leftovers wait this long after the last write. */
const FOREIGN_GRACE_MS = 24 * 3600_000;

const host = hostname().replace(/[^A-Za-z0-9.]/g, '_') || 'host';

/** A new unique name for something this process owns until it is renamed or removed. */
export function newOwnerTag(): string {
  return `${process.pid}@${host}-${randomBytes(6).toString('hex')}`;
}

/**
 * Whether the thing named by an owner tag and last written at `lastWriteMs` was left by a run that is gone. Unknown names
 * are never abandoned. This process's own number counts as gone when the last write is older than the process.
 */
export function isAbandoned(tag: string, lastWriteMs: number, nowMs: number): boolean {
  const parts = /^(\d+)@([^-]+)-[0-9a-f]+$/.exec(tag);
  if (!parts) return false;
  if (parts[2] !== host) return nowMs - lastWriteMs > FOREIGN_GRACE_MS;
  const pid = Number(parts[1]);
  return pid === process.pid ? lastWriteMs < nowMs - process.uptime() * 1000 : !isRunning(pid);
}
