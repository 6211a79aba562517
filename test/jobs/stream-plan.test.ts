import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planStreams } from '../../src/jobs/stream-plan.js';

/** Symbols named by their strike; the farther from 0 the farther from spot. */
const strikes = (...values: number[]): string[] => values.map(String);
const far = (symbol: string): number => Math.abs(Number(symbol));
const ROOM = { symbolsPerStream: 3, streams: 3 };

describe('the plan of the streams', () => {
  it('fills one stream after the other', () => {
    expect(planStreams([], strikes(1, 2, 3, 4), ROOM, far)).toEqual([strikes(1, 2, 3), strikes(4)]);
  });

  it('leaves the streams alone that have nothing to do with what is new', () => {
    const before = [strikes(1, 2, 3), strikes(4)];
    const after = planStreams(before, strikes(3, 4, 5), ROOM, far);
    expect(after).toEqual([strikes(1, 2, 3), strikes(4, 5)]);
    expect(after[0]).toBe(before[0]);
  });

  it('lets go of what is farthest from spot where there is no room, and of nothing that is wanted', () => {
    const before = [strikes(-9, -8, -7), strikes(1, 2, 3), strikes(4, 5, 6)];
    const after = planStreams(before, strikes(1, 2, 7, 8), ROOM, far);
    expect(new Set(after.flat())).toEqual(new Set(strikes(-7, 1, 2, 3, 4, 5, 6, 7, 8)));
    expect(after[1]).toBe(before[1]);
    expect(after[2]).toBe(before[2]);
  });

  it('never carries a symbol twice, too many in a stream, or less than it could', () => {
    const list = fc.uniqueArray(fc.integer({ min: -40, max: 40 }), { maxLength: 14 });
    fc.assert(
      fc.property(fc.array(list, { minLength: 1, maxLength: 8 }), (steps) => {
        let streams: readonly (readonly string[])[] = [];
        for (const step of steps) {
          const wanted = strikes(...step);
          streams = planStreams(streams, wanted, ROOM, far);
          const carried = streams.flat();
          expect(new Set(carried).size).toBe(carried.length);
          expect(streams.every((symbols) => symbols.length <= 3) && streams.length <= 3).toBe(true);
          expect(carried).toEqual(expect.arrayContaining(wanted.slice(0, 9)));
        }
      }),
    );
  });
});
