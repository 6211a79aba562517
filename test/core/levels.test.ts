import { describe, expect, it } from 'vitest';
import type { Exposures } from '../../src/core/exposuresums.js';
import { type StrikeExposures, strikeLevels } from '../../src/core/levels.js';
import { chainOf } from '../helpers/chains.js';

const chain = chainOf({ spot: 100 }, [
  { right: 'C', strike: 100, t: 0.1, openInterest: 1 },
  { right: 'P', strike: 100, t: 0.1, openInterest: 1 },
]);

function row(strike: number, values: Partial<Exposures>): StrikeExposures {
  const { callGex = 0, putGex = 0 } = values;
  const net = { netGex: callGex + putGex, absGex: Math.abs(callGex) + Math.abs(putGex) };
  const none = { callOpenInterest: 0, putOpenInterest: 0, callVolume: 0, putVolume: 0 };
  return { strike, ...none, ...net, callGex, putGex, ...values } as StrikeExposures;
}

const levelsOf = (rows: readonly StrikeExposures[], totals: Partial<Exposures> = {}) =>
  strikeLevels(chain, rows, totals as Exposures);
const nets = (values: Readonly<Record<number, number>>) =>
  levelsOf(Object.entries(values).map(([strike, netGex]) => row(Number(strike), { netGex }))).strikeCrossings;

describe('walls', () => {
  it('are the strikes of the largest call and put gamma in size, whatever the sign', () => {
    const { callWall, putWall, absGammaStrike } = levelsOf([
      row(95, { callGex: -1, putGex: 7 }),
      row(100, { callGex: -5, putGex: 6 }),
      row(105, { callGex: -6, putGex: 1 }),
    ]);
    expect({ callWall, putWall, absGammaStrike }).toEqual({ callWall: 105, putWall: 95, absGammaStrike: 100 });
  });

  it('of a tie are nearest to spot, then the lower', () => {
    const tie = { callGex: 2 };
    expect(levelsOf([row(80, tie), row(98, tie), row(110, tie)]).callWall).toBe(98);
    expect(levelsOf([row(80, tie), row(95, tie), row(105, tie)]).callWall).toBe(95);
  });

  it('do not exist where there is nothing', () => {
    const { callWall, putOiWall, callVolumeWall } = levelsOf([row(100, {}), row(105, { callVolume: Number.NaN })]);
    expect([callWall, putOiWall, callVolumeWall]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe('crossings by strike', () => {
  it('are of the running sum, first and nearest to spot, and of neighbours', () => {
    // Running sum: -4, -2, 2, 3, -1; it crosses at 92.5 and at 101 + 3/4.
    expect(nets({ 85: -4, 90: 2, 95: 4, 101: 1, 102: -4 })).toEqual({
      cumulativeFirst: 92.5,
      cumulativeNearest: 101.75,
      adjacentFirst: 85 + (5 * 4) / 6,
    });
  });

  it('do not exist when nothing changes sign', () => {
    expect(nets({ 90: 1, 95: 2 })).toEqual({
      cumulativeFirst: Number.NaN,
      cumulativeNearest: Number.NaN,
      adjacentFirst: Number.NaN,
    });
  });

  it('are where the running sum is exactly zero in between, but not before it starts', () => {
    expect(nets({ 80: 0, 90: -1, 95: 1, 100: 3 }).cumulativeFirst).toBe(95);
    expect(nets({ 80: 0, 90: 1 }).cumulativeFirst).toBeNaN();
    expect(nets({ 90: -1, 95: 1, 100: -1 }).cumulativeFirst).toBeNaN();
  });

  it('skip strikes without gamma between neighbours, and see the smallest numbers', () => {
    expect(nets({ 90: -1, 95: 0, 100: 1 }).adjacentFirst).toBe(95);
    expect(nets({ 90: -1e-250, 100: 1e-250 }).adjacentFirst).toBe(95);
  });
});

describe('put/call ratios', () => {
  const totals = { callOpenInterest: 4, putOpenInterest: 6, callVolume: 0, putVolume: 3 };

  it('are puts over calls, and absent when there are no calls', () => {
    const { putCallRatio } = levelsOf([row(100, {})], totals);
    expect(putCallRatio).toEqual({ openInterest: 1.5, volume: Number.NaN });
  });

  it('are absent when no puts are listed', () => {
    const calls = chainOf({ spot: 100 }, [{ right: 'C', strike: 100, t: 0.1 }]);
    const { putCallRatio } = strikeLevels(calls, [], { ...totals, putOpenInterest: 0 } as Exposures);
    expect(putCallRatio.openInterest).toBeNaN();
  });
});
