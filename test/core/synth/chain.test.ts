import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { newYorkInstant } from '../../../src/core/calendar.js';
import { impliedVolatility } from '../../../src/core/impliedvol.js';
import { sessionOf, snapshotOf, syntheticChain, volatilityColumn } from '../../../src/core/synth/chain.js';
import { startSession } from '../../../src/core/synth/session.js';
import { smileScale, totalVariance } from '../../../src/core/synth/surface.js';
import { tapeOf } from '../../../src/core/synth/tape.js';
import { SYNTH_TICKERS, synthTicker } from '../../../src/core/synth/tickers.js';

const DATE = '2026-08-19';
const YEAR_MS = 365 * 86_400_000;

/** Undiscounted call over forward, and log moneyness, from total variance: the space in which arbitrage is judged. */
function normalisedCall(k: number, w: number): number {
  const root = Math.sqrt(w);
  const d1 = -k / root + root / 2;
  return phi(d1) - Math.exp(k) * phi(d1 - root);
}

/** Normal cdf by its power series (|x| < 9), else 0 or 1: independent of the engine. */
function phi(x: number): number {
  if (Math.abs(x) > 9) return x > 0 ? 1 : 0;
  let sum = 0;
  let term = x;
  for (let i = 1; Math.abs(term) > 1e-18 && i < 400; i += 2) {
    sum += term;
    term *= (x * x) / (i + 2);
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

interface Smile {
  expiryMs: number;
  k: number[];
  w: number[];
}

function smiles(chain: ReturnType<typeof syntheticChain>): Smile[] {
  const { contracts } = chain;
  return contracts.expiries.map((expiry, e) => {
    const years = (expiry.expiryMs - chain.asOfMs) / YEAR_MS;
    const forward = chain.spot * Math.exp(((chain.rate ?? 0) - (chain.dividendYield ?? 0)) * years);
    const smile: Smile = { expiryMs: expiry.expiryMs, k: [], w: [] };
    for (let row = 0; row < contracts.length; row += 2) {
      if (contracts.expiry[row] !== e) continue;
      smile.k.push(Math.log((contracts.strike[row] ?? 0) / forward));
      smile.w.push((chain.iv[row] ?? 0) ** 2 * years);
    }
    return smile;
  });
}

test.each(['SPX', 'TECH', 'SPY'])('%s: no butterfly arbitrage: call prices fall and are convex in strike', (ticker) => {
  for (const hour of [9.5, 12, 15.9]) {
    const atMs = newYorkInstant(DATE, Math.floor(hour), Math.round((hour % 1) * 60));
    for (const { k, w } of smiles(syntheticChain({ ticker, seed: 3, atMs, model: 'heston' }))) {
      const strike = k.map(Math.exp);
      const call = k.map((x, i) => normalisedCall(x, w[i] ?? 0));
      const slope = call.slice(1).map((c, i) => (c - (call[i] ?? 0)) / ((strike[i + 1] ?? 0) - (strike[i] ?? 0)));
      for (const [i, s] of slope.entries()) {
        expect(s).toBeGreaterThanOrEqual(-1 - 1e-9);
        expect(s).toBeLessThanOrEqual(1e-9);
        expect(s - (slope[i - 1] ?? -1)).toBeGreaterThanOrEqual(-1e-9);
      }
    }
  }
});

test.each(['SPX', 'TECH'] as const)(
  '%s: no calendar arbitrage: no expiry has less variance than an earlier one',
  (name) => {
    const options = { ticker: synthTicker(name), day: sessionOf(DATE), seed: 4, model: 'heston' } as const;
    const session = startSession(options);
    for (;;) {
      for (let k = -1; k <= 1; k += 0.01) {
        let earlier = 0;
        for (const theta of session.theta) {
          const w = totalVariance(k, theta, smileScale(theta));
          expect(w).toBeGreaterThanOrEqual(earlier);
          earlier = w;
        }
      }
      if (session.second > 23_300) break;
      for (let i = 0; i < 1200; i++) if (session.second < session.seconds - 1) session.advance();
    }
    // What the chain quotes is this surface.
    const last = smiles(snapshotOf(session));
    for (const [e, { k, w }] of last.entries()) {
      const theta = session.theta[e] ?? 0;
      for (const [i, x] of k.entries()) expect(w[i]).toBeCloseTo(totalVariance(x, theta, smileScale(theta)), 12);
    }
  },
);

test('call and put of a strike share their volatility, so parity holds by construction', () => {
  const { iv, contracts } = syntheticChain({ ticker: 'SPX', seed: 1, date: DATE });
  for (let row = 0; row < contracts.length; row += 2) {
    expect(iv[row]).toBe(iv[row + 1]);
    expect([contracts.side[row], contracts.side[row + 1]]).toEqual([1, -1]);
    expect(contracts.strike[row]).toBe(contracts.strike[row + 1]);
  }
});

test('quotes hold parity within their spreads and the planted volatility comes back out of them', () => {
  const chain = syntheticChain({ ticker: 'SPX', seed: 5, date: DATE });
  const { contracts, spot, rate = 0, dividendYield = 0 } = chain;
  let solved = 0;
  for (let row = 0; row < contracts.length; row++) {
    const expiry = contracts.expiries[contracts.expiry[row] ?? 0];
    const years = ((expiry?.expiryMs ?? 0) - chain.asOfMs) / YEAR_MS;
    const [bid = 0, ask = 0, strike = 0] = [chain.bid[row], chain.ask[row], contracts.strike[row]];
    expect(ask).toBeGreaterThan(bid);
    const outOfTheMoney = contracts.side[row] === 1 ? strike > spot : strike < spot;
    if (!outOfTheMoney || bid === 0) continue;
    const solve = (price: number) =>
      impliedVolatility({
        right: contracts.side[row] === 1 ? 'C' : 'P',
        price,
        spot,
        strike,
        years,
        rate,
        dividendYield,
      });
    const [low, high] = [solve(bid), solve(ask)];
    const planted = chain.iv[row] ?? 0;
    expect(high.volatility).toBeGreaterThanOrEqual(planted);
    if (low.status === 'ok') expect(low.volatility).toBeLessThanOrEqual(planted);
    solved += 1;
  }
  expect(solved).toBeGreaterThan(1000);
});

test('the same seed gives the same chain, another seed or ticker order does not matter to it', () => {
  const first = syntheticChain({ ticker: 'QQQ', seed: 21, date: DATE });
  syntheticChain({ ticker: 'SPX', seed: 21, date: DATE });
  const second = syntheticChain({ ticker: 'QQQ', seed: 21, date: DATE });
  expect(second).toEqual(first);
  expect(syntheticChain({ ticker: 'QQQ', seed: 22, date: DATE }).volume).not.toEqual(first.volume);
});

test('what the generator alone makes is pinned to the bit: other platforms and versions must make it too', () => {
  const session = startSession({ ticker: synthTicker('SPX'), day: sessionOf(DATE), seed: 1, model: 'heston' });
  while (session.second < 600) session.advance();
  const { spot, theta, openInterest, volume, dealerPosition } = session;
  const columns = [theta, openInterest, volume, dealerPosition, volatilityColumn(session)()];
  const text = JSON.stringify([spot, session.tick, ...columns.map((column) => Array.from(column))]);
  expect(createHash('sha256').update(text).digest('hex')).toMatchInlineSnapshot(
    `"2008b25b41fc71a6431693d18167d5708e1e49b718c899e6326042dda7f3f808"`,
  );
});

test('a chain at an instant is the one a session passes through', () => {
  const atMs = newYorkInstant(DATE, 10, 15, 7);
  const session = startSession({ ticker: synthTicker('SYNTH'), day: sessionOf(DATE), seed: 6, model: 'merton' });
  while (session.atMs < atMs) session.advance();
  expect(syntheticChain({ ticker: 'synth', seed: 6, model: 'merton', atMs })).toEqual(snapshotOf(session));
});

test('volume is the sum of the trades, and dealers hold the other side of the known ones', () => {
  const session = startSession({ ticker: synthTicker('NDX'), day: sessionOf(DATE), seed: 8, model: 'gbm' });
  const volatility = volatilityColumn(session);
  let [traded, customers, unknown] = [0, 0, 0];
  for (;;) {
    for (const trade of tapeOf(session, volatility())) {
      traded += trade.size;
      customers += trade.aggressor * trade.size;
      unknown += trade.aggressor === 0 ? 1 : 0;
      expect(trade.price).toBeGreaterThan(0);
      expect(trade.size).toBeGreaterThanOrEqual(1);
      expect(Math.sign(trade.signedPremium)).toBe(trade.aggressor);
      expect(trade.atMs).toBeGreaterThan(session.atMs - 1000);
      expect(trade.atMs).toBeLessThan(session.atMs);
    }
    if (session.second === 1800) break;
    session.advance();
  }
  expect(session.volume.reduce((sum, x) => sum + x, 0)).toBe(traded);
  expect(session.dealerPosition.reduce((sum, x) => sum + x, 0)).toBe(-customers);
  expect(unknown).toBeGreaterThan(0);
});

test('volume grows all day, faster at both ends, to about the configured total', () => {
  const ticker = synthTicker('SPX');
  const session = startSession({ ticker, day: sessionOf(DATE), seed: 2, model: 'gbm' });
  const total = () => session.volume.reduce((sum, x) => sum + x, 0);
  const hours = [total()];
  while (session.second < session.seconds - 1) {
    session.advance();
    if ((session.second + 1) % 3600 === 0) hours.push(total());
  }
  const [first = 0, middle = 0, last = 0] = [
    (hours[1] ?? 0) - (hours[0] ?? 0),
    (hours[4] ?? 0) - (hours[3] ?? 0),
    total() - (hours[6] ?? 0),
  ];
  expect(first).toBeGreaterThan(1.5 * middle);
  expect(2 * last).toBeGreaterThan(1.5 * middle);
  expect(total() / ticker.dailyVolume).toBeGreaterThan(0.95);
  expect(total() / ticker.dailyVolume).toBeLessThan(1.05);
});

test('an index lists its morning expiry beside the one of the close on third Fridays', () => {
  const chain = syntheticChain({ ticker: 'SPX', seed: 1, date: DATE });
  const friday = chain.contracts.expiries.filter((expiry) => expiry.label === '2026-08-21');
  expect(friday.map((expiry) => [expiry.root, expiry.settlement])).toEqual([
    ['SPX', 'am'],
    ['SPXW', 'pm'],
  ]);
  expect(chain.contracts.expiries[0]?.label).toBe(DATE);
  expect(chain.contracts.symbol[0]).toMatch(/^SPXW260819C\d{8}$/);
  // Good Friday 2026 is closed: the weekly of that week expires on Thursday.
  const holiday = syntheticChain({ ticker: 'SYNTH', seed: 1, date: '2026-03-31' });
  expect(holiday.contracts.expiries[0]?.label).toBe('2026-04-02');
});

test('every ticker has a chain with strikes on its grid around the open and round strikes heavier', () => {
  for (const { ticker, strikeStep } of SYNTH_TICKERS) {
    const chain = syntheticChain({ ticker, seed: 1, atMs: newYorkInstant(DATE, 9, 30) });
    expect(chain.contracts.expiries.length).toBeGreaterThanOrEqual(7);
    const strikes = [...new Set(chain.contracts.strike)];
    expect(Math.min(...strikes)).toBeLessThan(chain.spot);
    expect(Math.max(...strikes)).toBeGreaterThan(chain.spot);
    for (const strike of strikes) expect(strike % strikeStep).toBe(0);
    const mean = (round: boolean) => {
      const interest = Array.from(chain.openInterest).filter(
        (_, row) => ((chain.contracts.strike[row] ?? 0) % (10 * strikeStep) === 0) === round,
      );
      return interest.reduce((sum, x) => sum + x, 0) / interest.length;
    };
    expect(mean(true)).toBeGreaterThan(mean(false));
  }
});

test('a day without a session is refused with the nearest ones, an unknown ticker with the known ones', () => {
  expect(() => syntheticChain({ ticker: 'SPX', seed: 1, date: '2026-07-04' })).toThrow(/2026-07-02.*2026-07-06/);
  expect(() => syntheticChain({ ticker: 'NOPE', seed: 1, date: DATE })).toThrow(/SYNTH, TECH/);
});
