import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/io/ctx.js';
import { memoryGate } from '../../src/io/gate.js';

/** A clock whose sleepers wake in the order of their times, each alone. */
function virtualClock(startMs = 1_000_000) {
  const sleepers: { atMs: number; wake: () => void }[] = [];
  const time = { ms: startMs };
  const clock: Clock = {
    now: () => time.ms,
    sleep: (ms) => new Promise((resolve) => sleepers.push({ atMs: time.ms + ms, wake: resolve })),
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  /** Runs until nobody sleeps. */
  const run = async (): Promise<void> => {
    for (await settle(); sleepers.length > 0; await settle()) {
      sleepers.sort((a, b) => b.atMs - a.atMs);
      const next = sleepers.pop();
      time.ms = Math.max(time.ms, next?.atMs ?? 0);
      next?.wake();
    }
  };
  return { clock, time, run };
}

const signal = new AbortController().signal;

/** Moments, from the start, at which `count` takers that come together get through. */
async function takenTogether(gate: ReturnType<typeof memoryGate>, count: number, meanwhile = async () => {}) {
  const { clock, time, run } = virtualClock();
  const moments: number[] = [];
  const takers = Array.from({ length: count }, () => gate.take({ clock, signal }).then(() => moments.push(time.ms)));
  await meanwhile();
  await run();
  await Promise.all(takers);
  return moments.map((ms) => ms - 1_000_000);
}

describe('a gate in memory', () => {
  it('lets a burst through at once and then one per interval', async () => {
    expect(await takenTogether(memoryGate({ intervalMs: 500, burst: 2 }), 5)).toEqual([0, 0, 500, 1000, 1500]);
    expect(await takenTogether(memoryGate({ intervalMs: 500 }), 3)).toEqual([0, 500, 1000]);
  });

  it('that is held lets nobody through before, not those who wait already either, and no burst after', async () => {
    const gate = memoryGate({ intervalMs: 500, burst: 2 });
    expect(await takenTogether(gate, 5, () => gate.hold(1_010_000))).toEqual([0, 0, 10_000, 10_500, 11_000]);
  });

  it('keeps the longer of two holds', async () => {
    const gate = memoryGate({ intervalMs: 0 });
    await gate.hold(1_005_000);
    await gate.hold(1_002_000);
    expect(await takenTogether(gate, 2)).toEqual([5000, 5000]);
  });

  it('does not wait longer when the clock is set back', async () => {
    const gate = memoryGate({ intervalMs: 1000 });
    const { clock, time, run } = virtualClock(1_000_000_000);
    await gate.take({ clock, signal });
    time.ms -= 3_600_000;
    const taken = gate.take({ clock, signal }).then(() => time.ms);
    await run();
    expect((await taken) - (1_000_000_000 - 3_600_000)).toBe(1000);
  });

  it('stops waiting when the signal says so', async () => {
    const abort = new AbortController();
    const gate = memoryGate({ intervalMs: 1e6 });
    const { systemClock: clock } = await import('../../src/io/ctx.js');
    await gate.take({ clock, signal: abort.signal });
    const waiting = gate.take({ clock, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(gate.take({ clock, signal: abort.signal })).rejects.toThrow('enough');
  });

  it('never lets more through in any span than its burst and its pace allow', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 12 }),
        async (intervalMs, burst, pausesMs) => {
          const gate = memoryGate({ intervalMs, burst });
          const { clock, time, run } = virtualClock();
          const moments: number[] = [];
          const takers = pausesMs.map((_, i) => async () => {
            await clock.sleep(pausesMs.slice(0, i + 1).reduce((sum, ms) => sum + ms, 0));
            await gate.take({ clock, signal });
            moments.push(time.ms);
          });
          const all = Promise.all(takers.map((taker) => taker()));
          await run();
          await all;
          for (let from = 0; from < moments.length; from++)
            for (let to = from; to < moments.length; to++) {
              const spanMs = Number(moments[to]) - Number(moments[from]);
              expect(to - from + 1).toBeLessThanOrEqual(burst + Math.floor(spanMs / intervalMs));
            }
        },
      ),
      { numRuns: 50, seed: 7 },
    );
  });
});
