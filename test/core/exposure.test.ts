import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExposureProfile, exposureProfile } from '../../src/core/exposure.js';
import type { Exposures } from '../../src/core/exposuresums.js';
import type { PricingModel } from '../../src/core/model.js';
import { type ContractRow, chainOf } from '../helpers/chains.js';

interface Golden {
  readonly chain: {
    readonly asOf: string;
    readonly spot: number;
    readonly rate: number;
    readonly yield: number;
    readonly model: PricingModel;
    readonly contracts: readonly ContractRow[];
  };
  readonly expected: {
    readonly totals: Readonly<Record<string, number>>;
    readonly byStrike: readonly (readonly number[])[];
    readonly zeroGamma: number | null;
    readonly zeroGammas: readonly { readonly spot: number; readonly slope: number }[];
    readonly profile: readonly (readonly [number, number])[];
    readonly strikeCrossings: Readonly<
      Record<'cumulativeFirst' | 'cumulativeNearest' | 'adjacentFirst', number | null>
    >;
    readonly callWall: number | null;
    readonly putWall: number | null;
    readonly absGammaStrike: number | null;
    readonly callOiWall: number | null;
    readonly putOiWall: number | null;
    readonly maxPain: readonly { readonly root: string; readonly strike: number }[];
    readonly putCallRatio: { readonly openInterest: number; readonly volume: number };
  };
}

/** From test/golden/exposure.py: mpmath, 60 digits. */
const GOLDEN = JSON.parse(readFileSync(new URL('../golden/exposure.json', import.meta.url), 'utf8')) as Record<
  string,
  Golden
>;

/** Largest distance in units of the expected value's size. */
function distance(actual: number, expected: number, size = Math.abs(expected)): number {
  return actual === expected ? 0 : Math.abs(actual - expected) / size;
}

describe.each(Object.entries(GOLDEN))('the chain %s against mpmath', (_name, { chain: source, expected }) => {
  const chain = chainOf(
    {
      spot: source.spot,
      asOfMs: Date.parse(source.asOf),
      rate: source.rate,
      dividendYield: source.yield,
      model: source.model,
    },
    source.contracts,
  );
  const profile = exposureProfile(chain, { iv: 'chain' });

  it('has its totals', () => {
    for (const [key, value] of Object.entries(expected.totals)) {
      expect({ key, off: distance(profile.totals[key as keyof Exposures], value) }).toSatisfy((r) => r.off < 2e-13);
    }
  });

  it('has its exposures by strike', () => {
    const keys = Object.keys(expected.totals);
    // A term of 1e-200 is one of a kernel's far tail, where a rounding of the strike is worth many digits.
    const floor = 1e-30 * (expected.totals.absGex as number);
    expect(profile.byStrike.map((row) => row.strike)).toEqual(expected.byStrike.map(([strike]) => strike));
    expected.byStrike.forEach(([, ...values], i) => {
      const row = profile.byStrike[i] as ExposureProfile['byStrike'][number];
      keys.forEach((key, k) => {
        const value = values[k] as number;
        // Net figures are measured by what they are the difference of.
        const gross = key.startsWith('netGex') ? row.absGex : 0;
        const off = distance(row[key as keyof Exposures], value, Math.max(Math.abs(value), gross, floor));
        expect({ strike: row.strike, key, value, off }).toSatisfy((r) => r.off < 3e-12);
      });
    });
  });

  it('has all its zeros of gamma, with slopes', () => {
    const { zeros, zeroGamma } = profile.curve;
    expect(zeros.length).toBe(expected.zeroGammas.length);
    zeros.forEach((zero, i) => {
      const golden = expected.zeroGammas[i] as { spot: number; slope: number };
      expect(distance(zero.spot, golden.spot)).toBeLessThan(1e-13);
      expect(distance(zero.slope, golden.slope)).toBeLessThan(1e-9);
    });
    if (expected.zeroGamma === null) expect(zeroGamma).toBeNaN();
    else expect(distance(zeroGamma, expected.zeroGamma)).toBeLessThan(1e-13);
  });

  it('has its profile over spot', () => {
    const { spot, netGex } = profile.curve.profile;
    const largest = Math.max(...netGex.map(Math.abs));
    for (const [i, [x, value]] of expected.profile.entries()) {
      expect(spot[8 * i]).toBe(x);
      const off = distance(netGex[8 * i] as number, value, Math.max(Math.abs(value), 1e-3 * largest));
      expect({ x, off }).toSatisfy((r) => r.off < 1e-12);
    }
  });

  it('has its crossings by strike', () => {
    for (const [name, value] of Object.entries(expected.strikeCrossings)) {
      const actual = profile.levels.strikeCrossings[name as keyof typeof expected.strikeCrossings];
      if (value === null) expect(actual).toBeNaN();
      else expect({ name, off: distance(actual, value) }).toSatisfy((r) => r.off < 1e-12);
    }
  });

  it('has its walls, max pain and ratios', () => {
    const { levels } = profile;
    for (const wall of ['callWall', 'putWall', 'absGammaStrike', 'callOiWall', 'putOiWall'] as const) {
      expect({ wall, strike: levels[wall] }).toEqual({ wall, strike: expected[wall] ?? Number.NaN });
    }
    const pains = levels.maxPain.map(({ expiry, strike }) => ({
      root: chain.contracts.expiries[expiry]?.root ?? '',
      strike,
    }));
    const sorted = (list: readonly { root: string; strike: number }[]) =>
      [...list].sort((a, b) => a.root.localeCompare(b.root) || a.strike - b.strike);
    expect(sorted(pains)).toEqual(sorted(expected.maxPain));
    expect(distance(levels.putCallRatio.openInterest, expected.putCallRatio.openInterest)).toBeLessThan(1e-15);
    expect(distance(levels.putCallRatio.volume, expected.putCallRatio.volume)).toBeLessThan(1e-15);
  });
});

const rowsArbitrary = fc.array(
  fc.record({
    right: fc.constantFrom('C' as const, 'P' as const),
    strike: fc.integer({ min: 80, max: 120 }),
    t: fc.constantFrom(0.0005, 0.01, 0.1, 0.7),
    openInterest: fc.integer({ min: 0, max: 1000 }),
    volume: fc.integer({ min: 0, max: 1000 }),
    iv: fc.double({ min: 0.05, max: 1.5, noNaN: true }),
  }),
  { minLength: 1, maxLength: 40 },
);
const head = { spot: 100, rate: 0.03, dividendYield: 0.01 };
const unique = (rows: readonly ContractRow[]) => [
  ...new Map(rows.map((row) => [`${row.right}${row.strike}/${row.t}`, row])).values(),
];

describe('exposures', () => {
  it('do not depend on the order of the contracts', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.infiniteStream(fc.nat()), (raw, order) => {
        const rows = unique(raw);
        const shuffled = rows.map((row) => ({ row, key: order.next().value as number }));
        shuffled.sort((a, b) => a.key - b.key);
        const a = exposureProfile(chainOf(head, rows));
        const b = exposureProfile(
          chainOf(
            head,
            shuffled.map(({ row }) => row),
          ),
        );
        expect(b.totals).toEqual(a.totals);
        expect(b.byStrike).toEqual(a.byStrike);
        expect(b.curve).toEqual(a.curve);
        expect(b.levels.strikeCrossings).toEqual(a.levels.strikeCrossings);
      }),
    );
  });

  it('are linear in open interest', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.constantFrom(2, 4, 1024), (raw, factor) => {
        const rows = unique(raw);
        const once = exposureProfile(chainOf(head, rows));
        const more = exposureProfile(
          chainOf(
            head,
            rows.map((row) => ({ ...row, openInterest: (row.openInterest ?? 0) * factor })),
          ),
        );
        for (const key of [
          'callGex',
          'putGex',
          'netGex',
          'dexMarket',
          'dexDealer',
          'vexDealer',
          'chexDealer',
        ] as const) {
          expect(more.totals[key]).toBe(once.totals[key] * factor);
        }
        expect(more.curve.zeros.map((zero) => zero.spot)).toEqual(once.curve.zeros.map((zero) => zero.spot));
      }),
    );
  });

  it('bracket a sign change at every zero of gamma', () => {
    fc.assert(
      fc.property(rowsArbitrary, (raw) => {
        const chain = chainOf(head, unique(raw));
        for (const { spot, slope } of exposureProfile(chain).curve.zeros) {
          const at = (x: number) => exposureProfile({ ...chain, spot: x }).totals.netGex;
          const [below, above] = [at(spot * (1 - 1e-9)), at(spot * (1 + 1e-9))];
          const steep = Math.abs(slope) * spot * 1e-9 > 1e-13 * exposureProfile({ ...chain, spot }).totals.absGex;
          if (steep) expect([Math.sign(below), Math.sign(above)]).toEqual([-Math.sign(slope), Math.sign(slope)]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('count every contract as priced or excluded for a reason', () => {
    const quotes = fc.record({
      right: fc.constantFrom('C' as const, 'P' as const),
      strike: fc.integer({ min: 80, max: 120 }),
      t: fc.constantFrom(-0.1, 0, 0.01, 0.1),
      openInterest: fc.constantFrom(0, 10, Number.NaN),
      iv: fc.constantFrom(0, 0.2, Number.NaN),
      bid: fc.constantFrom(0, 1, 5, 30, Number.NaN),
      ask: fc.constantFrom(0, 1.1, 4.5, 200, Number.NaN),
      gamma: fc.constantFrom(0.01, Number.NaN),
    });
    const options = fc.record({
      iv: fc.constantFrom('solve' as const, 'chain' as const),
      greeks: fc.constantFrom('own' as const, 'chain' as const),
    });
    fc.assert(
      fc.property(fc.array(quotes, { minLength: 1, maxLength: 40 }), options, (rows, choice) => {
        const chain = chainOf(head, [...rows, { right: 'C', strike: 90, t: 9, gamma: 1 }]);
        const { coverage } = exposureProfile(chain, choice);
        const excluded = Object.values(coverage.excluded).reduce((a, b) => a + b, 0);
        expect(coverage.contracts).toBe(rows.length + 1);
        expect(coverage.priced + excluded).toBe(rows.length + 1);
      }),
    );
  });
});
