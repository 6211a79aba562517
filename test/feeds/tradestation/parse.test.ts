import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  parseBars,
  parseExpirations,
  parseQuote,
  parseQuotes,
  parseSpread,
  parseStrikes,
  parseSymbols,
} from '../../../src/feeds/tradestation/parse.js';

const QUOTES = {
  Quotes: [
    {
      ...{ Symbol: 'SPY', Open: '680.02', High: '683.41', Low: '678.9', PreviousClose: '678.87', Last: '682.14' },
      ...{ Close: '682.14', Bid: '682.13', BidSize: '400', Ask: '682.15', AskSize: '700', LastSize: '100' },
      ...{ NetChange: '3.27', NetChangePct: '0.48', Volume: '41873022', DailyOpenInterest: '0', VWAP: '681.37' },
      ...{ TradeTime: '2025-12-17T19:36:02Z', MinPrice: '', Restrictions: [] },
      MarketFlags: { IsDelayed: false, IsHardToBorrow: false, IsBats: false, IsHalted: true },
    },
  ],
  Errors: [{ Symbol: 'SPY 251219C682.3', Error: 'FAILED, INVALID SYMBOL' }],
};

describe('quotes', () => {
  it('come with the symbols that were refused', () => {
    expect(parseQuotes(QUOTES)).toEqual({
      found: [
        {
          ...{ symbol: 'SPY', open: 680.02, high: 683.41, low: 678.9, previousClose: 678.87, last: 682.14 },
          ...{ close: 682.14, bid: 682.13, bidSize: 400, ask: 682.15, askSize: 700, lastSize: 100 },
          ...{ volume: 41873022, openInterest: 0, vwap: 681.37, tradeMs: Date.UTC(2025, 11, 17, 19, 36, 2) },
          ...{ delayed: false, halted: true },
        },
      ],
      faults: [{ symbol: 'SPY 251219C682.3', fault: 'FAILED, INVALID SYMBOL' }],
    });
  });

  it('say of a delta only what changed, the symbol in upper case', () => {
    expect(parseQuote({ Symbol: 'spy 251219c682', Ask: '3.05', AskSize: 12 })).toEqual({
      symbol: 'SPY 251219C682',
      ask: 3.05,
      askSize: 12,
    });
  });

  it('keep a negative price, as spreads have, and leave a negative size unknown', () => {
    expect(parseQuote({ Symbol: 'X', Bid: '-0.4', BidSize: '-1', Volume: null, New: { field: 1 } })).toEqual({
      symbol: 'X',
      bid: -0.4,
    });
  });
});

it('reads a bar and its flags, oldest first', () => {
  const bar = { High: '682.2', Low: '681.95', Open: '682.01', Close: '682.14', TotalVolume: '118402' };
  const rest = { DownVolume: 52210, UpVolume: 66192, IsRealtime: false, IsEndOfHistory: true, BarStatus: 'Closed' };
  const first = { ...bar, ...rest, TimeStamp: '2025-12-17T19:36:00Z', Epoch: 1766000160000 };
  const live = { ...bar, TimeStamp: '2025-12-17T19:37:00Z', IsRealtime: true, BarStatus: 'Open' };
  expect(parseBars({ Bars: [live, first, { ...bar, Open: '' }] })).toEqual([
    {
      ...{ endMs: 1766000160000, open: 682.01, high: 682.2, low: 681.95, close: 682.14, volume: 118402 },
      ...{ upVolume: 66192, downVolume: 52210, closed: true, realtime: false, endOfHistory: true },
    },
    {
      ...{ endMs: 1766000220000, open: 682.01, high: 682.2, low: 681.95, close: 682.14, volume: 118402 },
      ...{ closed: false, realtime: true, endOfHistory: false },
    },
  ]);
});

it('reads expirations as dates, not instants', () => {
  const Expirations = [
    { Date: '2025-12-19T00:00:00Z', Type: 'Monthly' },
    { Date: '2025-12-17T00:00:00Z', Type: 'Weekly' },
    { Date: 'soon' },
  ];
  expect(parseExpirations({ Expirations })).toEqual([
    { date: '2025-12-17', type: 'Weekly' },
    { date: '2025-12-19', type: 'Monthly' },
  ]);
});

it('reads nested strikes', () => {
  expect(parseStrikes({ SpreadType: 'Single', Strikes: [['675'], ['682.5'], [''], []] })).toEqual([[675], [682.5]]);
  expect(parseStrikes({})).toEqual([]);
});

it('reads the multiplier of an option out of its price format', () => {
  const row = { Symbol: 'SPY 251219C682', AssetType: 'STOCKOPTION', Root: 'SPY', StrikePrice: '682' };
  const Symbols = [{ ...row, ExpirationDate: '2025-12-19T00:00:00Z', PriceFormat: { PointValue: '100' } }];
  expect(parseSymbols({ Symbols, Errors: [] }).found).toEqual([
    {
      ...{ symbol: 'SPY 251219C682', assetType: 'STOCKOPTION', root: 'SPY', strike: 682 },
      ...{ expirationDate: '2025-12-19', pointValue: 100 },
    },
  ]);
});

describe('spreads', () => {
  const Legs = [{ Symbol: 'SPY 251219C682', Ratio: 1 }];
  it('have sizes as numbers and greeks as text', () => {
    expect(parseSpread({ Legs, Delta: '0.5152', Theta: '-0.7286', DailyOpenInterest: 11873, Side: 'Call' })).toEqual({
      ...{ legs: [{ symbol: 'SPY 251219C682', ratio: 1 }], delta: 0.5152, theta: -0.7286 },
      ...{ openInterest: 11873, side: 'Call' },
    });
  });

  it('give volatility as a decimal, whichever unit it came in', () => {
    expect(parseSpread({ Legs, ImpliedVolatility: '0.142' })?.impliedVolatility).toBe(0.142);
    expect(parseSpread({ Legs, ImpliedVolatility: '14.2' })?.impliedVolatility).toBeCloseTo(0.142, 15);
  });

  it('are nothing without legs', () => expect(parseSpread({ Delta: '1' })).toBeUndefined());
});

describe('the examples of the contract', () => {
  it('all parse without a loss of known fields', (context) => {
    const path = new URL('../../../../shared/specs/tradestation.md', import.meta.url);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return context.skip('../shared/specs is not here');
    }
    const blocks = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map((block) => JSON.parse(block[1] as string));
    const quotes = blocks.find((block) => 'Quotes' in block);
    const bars = blocks.find((block) => 'Bars' in block);
    const symbols = blocks.find((block) => 'Symbols' in block);
    const spread = blocks.find((block) => 'Legs' in block && 'Delta' in block);
    expect(parseQuotes(quotes).found.map((quote) => quote.last)).toEqual([682.14, 3.02]);
    expect(parseQuotes(quotes).faults).toHaveLength(1);
    expect(parseBars(bars)[0]?.close).toBe(682.14);
    expect(parseSymbols(symbols).found[0]).toMatchObject({ strike: 682, pointValue: 100 });
    expect(parseSpread(spread)).toMatchObject({ impliedVolatility: 0.142, openInterest: 11873, bid: 3.01 });
  });
});
