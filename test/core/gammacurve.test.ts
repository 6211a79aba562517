import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gammaCurve } from '../../src/core/gammacurve.js';
import { gaussian } from '../../src/core/gaussian.js';
import { type ContractRow, chainOf } from '../helpers/chains.js';

const head = { spot: 100, rate: 0.03, dividendYield: 0.01 };

const contracts = fc.uniqueArray(
  fc.record({
    right: fc.constantFrom('C' as const, 'P' as const),
    strike: fc.integer({ min: 85, max: 115 }),
    t: fc.constantFrom(1e-6, 1e-5, 2e-4, 0.003, 0.05, 0.6),
    openInterest: fc.integer({ min: 1, max: 1000 }),
    iv: fc.double({ min: 0.08, max: 0.8, noNaN: true }),
  }),
  { minLength: 2, maxLength: 25, selector: ({ right, strike, t }) => `${right}${strike}/${t}` },
);

/** Net gamma per contract and point, as the textbook has it. */
function textbook(rows: readonly ContractRow[], x: number): number {
  let sum = 0;
  for (const { right, strike, t = 0, iv = 0, openInterest = 0 } of rows) {
    const width = iv * Math.sqrt(t);
    const d1 = (Math.log(x / strike) + (head.rate - head.dividendYield + 0.5 * iv * iv) * t) / width;
    const gamma = Math.exp(-head.dividendYield * t - 0.5 * d1 * d1) / Math.sqrt(2 * Math.PI) / (x * width);
    sum += (right === 'C' ? 1 : -1) * gamma * openInterest * 100;
  }
  return sum;
}

describe('the gamma curve', () => {
  it('has a zero wherever a fine grid sees the textbook sum change its sign', () => {
    fc.assert(
      fc.property(contracts, (rows) => {
        const { zeros } = gammaCurve(chainOf(head, rows), { iv: 'chain', sweep: sweepOf(0.8, 1.2) });
        const steps = 20_000;
        let low = 0;
        let at = 80;
        for (let i = 0; i <= steps; i++) {
          const x = 80 + (40 * i) / steps;
          const value = textbook(rows, x);
          if (Math.abs(value) < 1e-250) continue;
          if (low * value < 0 || Math.sign(low) === -Math.sign(value)) {
            expect(zeros.filter(({ spot }) => spot >= at - 1e-9 && spot <= x + 1e-9).length % 2).toBe(1);
          }
          low = value;
          at = x;
        }
      }),
      { numRuns: 40 },
    );
  });

  it('finds a pair of zeros that no grid of 161 spots shows', () => {
    // A call that expires in seconds lifts the curve over zero in a band of a few cents.
    const rows: ContractRow[] = [
      { right: 'P', strike: 100, t: 0.1, iv: 0.2, openInterest: 50_000 },
      { right: 'C', strike: 103.3, t: 1e-7, iv: 0.2, openInterest: 100 },
    ];
    const { zeros, zeroGamma, profile } = gammaCurve(chainOf(head, rows), { iv: 'chain' });
    expect(profile.netGex.every((value) => value < 0)).toBe(true);
    expect(zeros).toHaveLength(2);
    expect(zeros.map(({ slope }) => Math.sign(slope))).toEqual([1, -1]);
    expect((zeros[1]?.spot ?? 0) - (zeros[0]?.spot ?? 0)).toBeLessThan(0.05);
    expect(zeroGamma).toBe(zeros[0]?.spot);
  });

  it('tells a near touch from a touch', () => {
    const sums = [0.999, 1.001].map((factor) => {
      const lift = { right: 'C', strike: 100, t: 0.001, iv: 0.2, openInterest: 1e6 } as const;
      const ground = { right: 'P', strike: 100, t: 0.1, iv: 0.2, openInterest: 0 } as const;
      const peak = peakRatio([lift, { ...ground, openInterest: 1 }]);
      const rows = [lift, { ...ground, openInterest: lift.openInterest * peak * factor }];
      return gammaCurve(chainOf(head, rows), { iv: 'chain', sweep: sweepOf(0.98, 1.02) }).zeros.length;
    });
    expect(sums).toEqual([2, 0]);
  });

  it('searches the wider range only when the narrower has no zero', () => {
    const rows: ContractRow[] = [
      { right: 'C', strike: 130, t: 0.02, iv: 0.2, openInterest: 100 },
      { right: 'P', strike: 60, t: 0.02, iv: 0.2, openInterest: 100 },
    ];
    const near = gammaCurve(chainOf({ ...head, spot: 95 }, rows), { iv: 'chain' });
    expect(near.range).toEqual([0.8, 1.2]);
    const far = gammaCurve(chainOf({ ...head, spot: 120 }, rows), { iv: 'chain' });
    expect(far.range).toEqual([0.5, 1.5]);
    expect(far.zeroGamma).toBeCloseTo(near.zeroGamma, 10);
    expect([far.profile.spot[0], far.profile.spot.at(-1)]).toEqual([60, 180]);
  });

  it('has no zero, and says why, where every contract has the same sign or none counts', () => {
    const call: ContractRow = { right: 'C', strike: 100, t: 0.1, iv: 0.2, openInterest: 5 };
    const long = gammaCurve(chainOf(head, [call]), { iv: 'chain' });
    expect(long).toMatchObject({ zeros: [], zeroGamma: Number.NaN });
    expect(long.reason).toContain('positive from 0.5 to 1.5');
    const empty = gammaCurve(chainOf(head, [{ ...call, openInterest: 0 }]), { iv: 'chain' });
    expect(empty.reason).toContain('no contract');
    expect(empty.profile.netGex.every((value) => value === 0)).toBe(true);
  });

  it('between levels runs straight lines where the sweep asks for it', () => {
    const rows: ContractRow[] = [
      { right: 'C', strike: 110, t: 0.1, iv: 0.2, openInterest: 5 },
      { right: 'P', strike: 90, t: 0.1, iv: 0.2, openInterest: 5 },
    ];
    const exact = gammaCurve(chainOf(head, rows), { iv: 'chain' });
    const rough = gammaCurve(chainOf(head, rows), {
      iv: 'chain',
      sweep: { ...sweepOf(0.8, 1.2), levels: 60, root: 'interpolated' },
    });
    expect(rough.profile.spot).toHaveLength(60);
    expect(rough.zeroGamma).toBeCloseTo(exact.zeroGamma, 1);
    expect(rough.zeroGamma).not.toBe(exact.zeroGamma);
  });

  it('stays finite a billionth of a second before expiry', () => {
    const strikes = Array.from({ length: 200 }, (_, i) => 90 + 0.1 * i);
    const rows = strikes.flatMap((strike): ContractRow[] => [
      { right: 'C', strike, t: 3e-17, iv: 0.2, openInterest: strike > 100 ? 10 : 1 },
      { right: 'P', strike, t: 3e-17, iv: 0.2, openInterest: strike > 100 ? 1 : 10 },
    ]);
    const { zeros } = gammaCurve(chainOf(head, rows), { iv: 'chain' });
    expect(zeros.length % 2).toBe(1);
    expect(zeros.every(({ spot, slope }) => spot > 80 && spot < 120 && !Number.isNaN(slope))).toBe(true);
  });
});

describe('the fast exp(-z^2 / 2)', () => {
  it('is within two units in the last place of the slow one', () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 37, noNaN: true }), (z) => {
        const exact = Math.exp(-0.5 * z * z);
        expect(Math.abs(gaussian(z) - exact)).toBeLessThanOrEqual(2 * 2 ** -52 * exact);
      }),
      { numRuns: 5000 },
    );
  });

  it('ends in 0, and in NaN for NaN', () => {
    expect([gaussian(0), gaussian(38), gaussian(39), gaussian(Infinity)]).toEqual([1, Math.exp(-722), 0, 0]);
    expect(gaussian(Number.NaN)).toBeNaN();
  });
});

const sweepOf = (low: number, high: number) => ({
  rungs: [[low, high]] as const,
  levels: 161,
  root: 'polished' as const,
});

/** How many times the second contract's curve fits under the first one's peak at most. */
function peakRatio([lift, ground]: readonly [ContractRow, ContractRow]): number {
  let most = 0;
  for (let i = 0; i <= 40_000; i++) {
    const x = 98 + i * 1e-4;
    most = Math.max(most, textbook([{ ...lift, openInterest: 1 }], x) / -textbook([ground], x));
  }
  return most;
}
