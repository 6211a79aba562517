import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnHistory } from '../../src/jobs/history.js';

const MINUTE_MS = 60_000;
const LOOKBACKS = [1, 5, 30];

test('every lookback is the newest column at least that old, zeros before there is one', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(steps, (gaps) => {
      const history = columnHistory(2, LOOKBACKS);
      const pushed: { atMs: number; value: number }[] = [];
      let atMs = 1_700_000_000_000;
      for (const [value, gap] of gaps.entries()) {
        atMs += gap;
        const expected = LOOKBACKS.map(
          (minutes) => pushed.findLast((entry) => entry.atMs <= atMs - minutes * MINUTE_MS)?.value ?? 0,
        );
        expect(history.priors(atMs).map((column) => column[1])).toEqual(expected);
        expect(history.last()[0]).toBe(pushed.at(-1)?.value ?? 0);
        history.push(atMs, Float64Array.of(value + 1, value + 1));
        pushed.push({ atMs, value: value + 1 });
      }
    }),
    { numRuns: 60 },
  );
});
