import { dirname } from 'node:path';
import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { ensureWritableDir } from '../../io/files.js';
import { acquireLock, lockHolder } from '../../io/lock.js';

/** Longer than three attempts to refresh take. */
const LOCK_TTL_MS = 60_000;
const LOCK_POLL_MS = 50;

/** Does the work while no other process reads or writes the token file. GexError `storage` when it is held for a minute. */
export async function underTokenLock<T>(path: string, ctx: Ctx, work: () => Promise<T>): Promise<T> {
  await ensureWritableDir(dirname(path));
  const lockPath = `${path}.lock`;
  const untilMs = performance.now() + LOCK_TTL_MS; // monotonic: the wait does not depend on the wall clock
  for (;;) {
    const lock = await acquireLock(lockPath, { ttlMs: LOCK_TTL_MS }, ctx);
    if (lock) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (performance.now() > untilMs) {
      const holder = await lockHolder(lockPath);
      throw new GexError(
        'storage',
        `${lockPath} has been held for a minute by ${holder?.tag ?? 'another process'}; stop it`,
      );
    }
    await ctx.clock.sleep(LOCK_POLL_MS, ctx.signal);
  }
}
