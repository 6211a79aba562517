import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatOptionSymbol,
  occSymbolOf,
  parseOptionSymbol,
  pathOf,
  symbolsOf,
} from '../../../src/feeds/tradestation/symbols.js';

/** Contract section 7.2. */
const TABLE = [
  ['SPY 251219C600', 'SPY251219C00600000', { root: 'SPY', date: '2025-12-19', right: 'C', strike: 600 }],
  ['AAPL 240510C167.5', 'AAPL240510C00167500', { root: 'AAPL', date: '2024-05-10', right: 'C', strike: 167.5 }],
  ['SPXW 260320C6630', 'SPXW260320C06630000', { root: 'SPXW', date: '2026-03-20', right: 'C', strike: 6630 }],
  ['BRK.B 260116P490', 'BRKB260116P00490000', { root: 'BRK.B', date: '2026-01-16', right: 'P', strike: 490 }],
] as const;

describe('option symbols', () => {
  it.each(TABLE)('%s is %s', (symbol, occ, option) => {
    expect(parseOptionSymbol(symbol)).toEqual(option);
    expect(formatOptionSymbol(option)).toBe(symbol);
    expect(occSymbolOf(option)).toBe(occ);
  });

  it('reads lower case, padded strikes and OCC forms', () => {
    const option = { root: 'SPY', date: '2025-12-19', right: 'P', strike: 450.5 };
    for (const symbol of ['spy 251219p450.50', 'SPY   251219P00450500', 'SPY251219P00450500']) {
      expect(parseOptionSymbol(symbol)).toEqual(option);
    }
  });

  it.each(['SPY', 'SPY 251319C600', 'SPY 251219X600', 'SPY 251219C0', 'SPY  251219C600', 'SPY 251219C600.1234', ''])(
    'refuses %j',
    (symbol) => expect(parseOptionSymbol(symbol)).toBeUndefined(),
  );

  it('gives strikes to three decimals back as they were', () => {
    const option = fc.record({
      root: fc.constantFrom('SPY', 'SPXW', 'F', 'ABC1'),
      date: fc.constantFrom('2025-12-19', '2026-01-02'),
      right: fc.constantFrom('C' as const, 'P' as const),
      strike: fc.integer({ min: 1, max: 99_999_999 }).map((mills) => mills / 1000),
    });
    fc.assert(
      fc.property(option, (o) => {
        expect(parseOptionSymbol(formatOptionSymbol(o))).toEqual(o);
        expect(parseOptionSymbol(occSymbolOf(o) ?? '')).toEqual(o);
      }),
    );
  });
});

describe('symbolsOf', () => {
  it('knows both chains of an index by any of its names', () => {
    for (const name of ['SPX', 'spxw', '$SPX.X', '$SPXW.X']) {
      expect(symbolsOf(name)).toEqual({
        underlying: 'SPX',
        quoteSymbol: '$SPX.X',
        barSymbol: '$SPX.X',
        chains: [
          { querySymbol: '$SPXW.X', root: 'SPXW' },
          { querySymbol: '$SPX.X', root: 'SPX' },
        ],
      });
    }
  });

  it('takes a stock as it is', () =>
    expect(symbolsOf('spy')).toMatchObject({ underlying: 'SPY', quoteSymbol: 'SPY', chains: [{ root: 'SPY' }] }));
});

it('encodes symbols for a path', () => {
  expect(pathOf(['$SPX.X', 'SPY 251219C600', '@ES'])).toBe('%24SPX.X,SPY%20251219C600,%40ES');
});
