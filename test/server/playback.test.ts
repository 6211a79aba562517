import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Playback } from '../../src/server/playback.js';

type Cache = 'exhaust' | 'rotation';

/** The contract's rule for one counter in its plainest form: the list of indexes still to come. */
class Model {
  readonly next = new Map<string, number>();
  constructor(readonly mode: Cache) {}

  take(key: string, counter: string, length: number, fails: boolean): number | undefined {
    const name = `${counter}/${key}`;
    const position = this.next.get(name) ?? 0;
    if (length === 0 || (this.mode === 'exhaust' && position >= length)) return undefined;
    const index = position >= length ? position % length : position;
    if (!fails) this.next.set(name, this.mode === 'rotation' ? (position + 1) % length : position + 1);
    return index;
  }

  reset(key: string | undefined): number {
    const names = [...this.next.keys()].filter((name) => key === undefined || name.endsWith(`/${key}`));
    for (const name of names) this.next.delete(name);
    return names.length;
  }
}

const step = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      counter: fc.constantFrom('SPX/classic', 'SPX/state', 'ws/classic/SPX/gex_full'),
      length: fc.integer({ min: 0, max: 4 }),
      fails: fc.boolean(),
      later: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ reset: fc.option(fc.constantFrom('a', 'b', 'd'), { nil: undefined }) }) },
);

describe('playback', () => {
  it.each(['exhaust', 'rotation'] as const)('follows the plain model in any order of calls, %s', async (cacheMode) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const playback = new Playback({ cacheMode, maxKeys: 100 });
        const model = new Model(cacheMode);
        for (const one of steps) {
          if ('reset' in one) {
            expect(playback.reset(one.reset)).toBe(model.reset(one.reset));
            continue;
          }
          let asked: number | undefined;
          const serve = (index: number): number | Promise<number> => {
            asked = index;
            if (one.fails && !one.later) throw new Error('unreadable');
            if (one.fails) return Promise.reject(new Error('unreadable'));
            return one.later ? Promise.resolve(index) : index;
          };
          const expected = model.take(one.key, one.counter, one.length, one.fails);
          let served: number | undefined;
          try {
            served = await playback.take({ apiKey: one.key, counter: one.counter, length: one.length }, serve);
          } catch {
            expect(one.fails).toBe(true);
          }
          expect(asked).toBe(expected);
          if (!one.fails) expect(served).toBe(expected);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('turns of one counter wait for each other; other counters do not wait', async () => {
    const playback = new Playback({ cacheMode: 'exhaust', maxKeys: 10 });
    const order: string[] = [];
    let release: (index: number) => void = () => {};
    const first = playback.take({ apiKey: 'k', counter: 'slow', length: 9 }, (index) => {
      order.push(`slow ${index} starts`);
      return new Promise<number>((resolve) => {
        release = resolve;
      });
    });
    const second = playback.take({ apiKey: 'k', counter: 'slow', length: 9 }, (index) => {
      order.push(`slow ${index} starts`);
      return index;
    });
    expect(playback.take({ apiKey: 'k', counter: 'quick', length: 9 }, (index) => index)).toBe(0);
    expect(order).toEqual(['slow 0 starts']);
    release(0);
    expect(await Promise.all([first, second])).toEqual([0, 1]);
    expect(playback.take({ apiKey: 'k', counter: 'slow', length: 9 }, (index) => index)).toBe(2);
  });

  it('a turn that fails leaves its record to the next one in the queue', async () => {
    const playback = new Playback({ cacheMode: 'exhaust', maxKeys: 10 });
    const broken = playback.take({ apiKey: 'k', counter: 'c', length: 9 }, () => Promise.reject(new Error('disk')));
    const next = playback.take({ apiKey: 'k', counter: 'c', length: 9 }, (index) => Promise.resolve(index));
    await expect(broken).rejects.toThrow('disk');
    expect(await next).toBe(0);
  });

  it('a reset while a record is being read is not undone by it', async () => {
    const playback = new Playback({ cacheMode: 'exhaust', maxKeys: 10 });
    const reading = playback.take({ apiKey: 'k', counter: 'c', length: 9 }, (index) => Promise.resolve(index));
    playback.reset('k');
    await reading;
    expect(playback.take({ apiKey: 'k', counter: 'c', length: 9 }, (index) => index)).toBe(0);
  });

  it('the least recently used key leaves first, and its count with it', () => {
    const playback = new Playback({ cacheMode: 'exhaust', maxKeys: 3 });
    const take = (key: string) => playback.take({ apiKey: key, counter: 'c', length: 9 }, (index) => index);
    for (const key of ['a', 'b', 'c', 'a', 'd']) take(key);
    expect(playback.reset('b')).toBe(0);
    expect(take('a')).toBe(2);
    expect(playback.reset()).toBe(3);
  });
});
