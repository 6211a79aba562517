import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClockState, changed, elapsedAt } from '../../src/server/clock.js';
import { Timeline } from '../../src/server/timeline.js';

const days = [
  { startMs: 1000, endMs: 5000 },
  { startMs: 100_000, endMs: 101_000 },
  { startMs: 200_000, endMs: 210_000 },
];

describe('the record time line', () => {
  const line = new Timeline(days);

  it('leaves the nights out', () => {
    expect(line.lengthMs).toBe(15_000);
    expect([0, 3999, 4000, 4999, 5000, 15_000, 99_999].map((ms) => line.instantAt(ms))).toEqual([
      1000, 4999, 100_000, 100_999, 200_000, 210_000, 210_000,
    ]);
  });

  it('an instant at night is the next morning', () => {
    expect([0, 5000, 50_000, 150_000, 300_000].map((ms) => line.elapsedAt(ms))).toEqual([0, 4000, 4000, 5000, 15_000]);
  });

  it('an instant of a day comes back from its elapsed time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 14_999 }), (ms) => {
        expect(line.elapsedAt(line.instantAt(ms))).toBe(ms);
      }),
    );
  });

  it('without any timestamp is a data error', () => {
    expect(() => new Timeline([])).toThrow(/No record has a timestamp/);
  });
});

describe('a clock', () => {
  const start: ClockState = { elapsedMs: 0, sinceMs: 1_000_000, speed: 1, paused: false, loop: false };

  it.each([
    [{}, 2500, 2500],
    [{ speed: 100 }, 50, 5000],
    [{ speed: 0.1 }, 5000, 500],
    [{ paused: true, elapsedMs: 700 }, 5000, 700],
    [{ speed: 'max' as const, elapsedMs: 700 }, 5000, 700],
    [{}, 99_999, 10_000],
    [{ loop: true }, 25_000, 5000],
    [{ elapsedMs: 300 }, -5000, 300],
  ])('%j after %i ms has %i ms behind it', (state, passed, expected) => {
    expect(elapsedAt({ ...start, ...state }, 1_000_000 + passed, 10_000)).toBe(expected);
  });

  it('goes on from where it is, whatever is changed and whenever', () => {
    const change = fc.record({
      passed: fc.integer({ min: 0, max: 500 }),
      speed: fc.constantFrom(0.5, 1, 2, 8),
      paused: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const lengthMs = 1e9;
        let state = start;
        let nowMs = start.sinceMs;
        let expected = 0;
        for (const { passed, speed, paused } of changes) {
          nowMs += passed;
          expected += state.paused ? 0 : passed * (state.speed as number);
          state = changed(state, { speed, paused }, { nowMs, lengthMs });
          expect(elapsedAt(state, nowMs, lengthMs)).toBeCloseTo(expected, 6);
        }
      }),
    );
  });
});
