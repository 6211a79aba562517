import type { Ctx } from './ctx.js';

/** The one pace of everybody who asks the same host: workers of this process, or of several behind a stored gate. */
export interface Gate {
  /** Resolves when the next request may go out; rejects with the signal's reason when that is aborted first. */
  take(ctx: Pick<Ctx, 'clock' | 'signal'>): Promise<void>;
  /** Lets nobody through before this moment (epoch ms), those who wait already included. */
  hold(untilMs: number): Promise<void>;
}

interface Pace {
  /** Between two requests in the long run. */
  readonly intervalMs: number;
  /** Requests that may go out at once after a rest. Default 1. */
  readonly burst?: number;
}

/**
 * A gate for this process: GCRA (the leaky bucket as a meter, ITU-T I.371). After a hold requests follow each other at the
 * pace, without a burst. A clock that is set back does not make anybody wait longer.
 */
export function memoryGate({ intervalMs, burst = 1 }: Pace): Gate {
  const slackMs = (burst - 1) * intervalMs;
  let nextMs = Number.NEGATIVE_INFINITY; // when the bucket is empty: the theoretical arrival time
  let holdMs = Number.NEGATIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;

  /** Milliseconds until the slot that is now taken. */
  const reserve = (nowMs: number): number => {
    const setBackMs = Math.max(0, lastMs - nowMs);
    nextMs -= setBackMs;
    holdMs -= setBackMs;
    lastMs = nowMs;
    const atMs = Math.max(nowMs, holdMs, nextMs - slackMs);
    nextMs = Math.max(atMs, nextMs) + intervalMs;
    return atMs - nowMs;
  };

  return {
    async take({ clock, signal }) {
      signal.throwIfAborted();
      for (;;) {
        const heldBefore = holdMs;
        const waitMs = reserve(clock.now());
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        // A hold that began during the wait: this slot is void, take one behind the hold.
        if (holdMs <= heldBefore || clock.now() >= holdMs) return;
      }
    },
    async hold(untilMs) {
      if (untilMs <= holdMs) return;
      holdMs = untilMs;
      nextMs = untilMs + slackMs;
    },
  };
}
