import { expect, it } from 'vitest';
import { greeks } from '../../../src/core/blackscholes.js';
import { MS_PER_YEAR } from '../../../src/core/settlement.js';
import { quoteOf, sessionOf, volatilityColumn } from '../../../src/core/synth/chain.js';
import { startSession } from '../../../src/core/synth/session.js';
import { tapeOf } from '../../../src/core/synth/tape.js';
import { synthTicker } from '../../../src/core/synth/tickers.js';
import { createBook } from '../../../src/feeds/tradestation/book.js';

it('tells the side of most trades of a synthetic market right, quotes being a second old', () => {
  const ticker = synthTicker('HEALTH');
  const session = startSession({ ticker, day: sessionOf('2026-08-19'), seed: 4, model: 'gbm' });
  const volatilities = volatilityColumn(session);
  const { contracts } = session.listing;
  const book = createBook(contracts.length);
  const names = Array.from({ length: contracts.length }, (_, row) => `ROW${row}`);
  book.add(names);
  const rowOf = new Map(
    names.map((_, row) => {
      const { root = '', label = '' } = contracts.expiries[contracts.expiry[row] as number] ?? {};
      return [`${root} ${label} ${contracts.side[row]} ${contracts.strike[row]}`, row];
    }),
  );
  const volume = new Float64Array(contracts.length);
  const count = { right: 0, wrong: 0, unsided: 0 };
  const quote = (row: number, { spot, atMs, volatility }: { spot: number; atMs: number; volatility: Float64Array }) => {
    const expiry = contracts.expiries[contracts.expiry[row] as number];
    const { price } = greeks({
      ...{ right: contracts.side[row] === 1 ? 'C' : 'P', spot, strike: contracts.strike[row] as number },
      ...{ years: ((expiry?.expiryMs ?? 0) - atMs) / MS_PER_YEAR, volatility: volatility[row] as number },
      ...{ rate: ticker.rate, dividendYield: ticker.dividendYield },
    });
    return quoteOf(price, ticker.tick);
  };
  for (let second = 0; second < 1200; second++) {
    const old = { spot: session.spot, atMs: session.atMs, volatility: volatilities().slice() };
    session.advance();
    for (const trade of tapeOf(session, volatilities())) {
      const row = rowOf.get(`${trade.root} ${trade.expiration} ${trade.right === 'C' ? 1 : -1} ${trade.strike}`);
      if (row === undefined) throw new Error('a trade of no contract');
      const symbol = names[row] as string;
      book.apply({ symbol, volume: volume[row] as number, ...quote(row, old) }, session.atMs);
      volume[row] = (volume[row] as number) + trade.size;
      const before = book.columns.netBought[row] as number;
      book.apply({ symbol, last: trade.price, volume: volume[row] as number }, session.atMs);
      if (trade.aggressor === 0) continue;
      const inferred = Math.sign((book.columns.netBought[row] as number) - before);
      count[inferred === 0 ? 'unsided' : inferred === trade.aggressor ? 'right' : 'wrong'] += 1;
    }
  }
  const trades = count.right + count.wrong + count.unsided;
  expect(trades).toBeGreaterThan(1000);
  expect(count.right / trades, JSON.stringify(count)).toBeGreaterThan(0.9);
});
