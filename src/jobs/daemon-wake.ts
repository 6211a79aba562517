import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { FileLock } from '../io/lock.js';
import type { LockPort } from './daemon-ports.js';

/** A clock that went back by more than this was set, not corrected. */
const STEP_MS = 1000;

/**
 * Resolves at an instant (epoch ms), or earlier when the clock was set back. It sleeps in short steps and compares
 * instants: a timer that fires late, a computer that slept or a clock that was set cost one step at most.
 */
export async function wakeAt(atMs: number, wakeMs: number, { clock, signal }: Ctx): Promise<void> {
  for (let last = clock.now(); last < atMs; ) {
    await clock.sleep(Math.min(wakeMs, atMs - last), signal);
    const now = clock.now();
    if (now < last - STEP_MS) return;
    last = now;
  }
  signal.throwIfAborted();
}

/** Waits for a lock as long as it takes and says once who holds it. */
export async function waitForLock(port: LockPort, what: string, pollMs: number, ctx: Ctx): Promise<FileLock> {
  for (let told = ''; ; ) {
    const lock = await port.acquire(ctx);
    if (lock) return lock;
    const holder = await port.holder();
    if (holder && holder.tag !== told) {
      told = holder.tag;
      const since = new Date(holder.sinceMs).toISOString();
      ctx.log.info(`${what} process ${holder.pid} on ${holder.host} since ${since}; waiting until it has ended`);
    }
    await ctx.clock.sleep(pollMs, ctx.signal);
  }
}

/** Does the work under a lock: the work is interrupted with a `storage` error when the lock is lost, and the lock released after it. */
export async function underLock<T>(lock: FileLock, ctx: Ctx, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  try {
    return await work({ ...ctx, signal: AbortSignal.any([ctx.signal, lock.lost]) });
  } finally {
    await lock.release().catch((error: unknown) => {
      ctx.log.warn(error instanceof GexError ? error.message : String(error));
    });
  }
}
