import { expect, it } from 'vitest';
import { type TradingDay, tradingDay } from '../../src/core/calendar.js';
import type { TradeStationApi } from '../../src/feeds/tradestation/api.js';
import { symbolsOf } from '../../src/feeds/tradestation/symbols.js';
import { fetchListing } from '../../src/jobs/stream-listing.js';
import { quietCtx } from '../helpers/ctx.js';

const FRIDAY = '2025-12-19';

/** A vendor that lists both roots of the third Friday, the one that settles in the morning all day long. */
const api = {
  expirations: async (querySymbol: string) =>
    (querySymbol === '$SPX.X' ? [FRIDAY] : [FRIDAY, '2025-12-22']).map((date) => ({ date, type: 'Other' })),
  strikes: async () => [6795, 6800],
  symbols: async () => ({ found: [], faults: [] }),
} as unknown as TradeStationApi;

async function listed(date: string) {
  const request = { symbols: symbolsOf('SPX'), count: 1, atMs: (tradingDay(date) as TradingDay).openMs };
  const { expiries } = await fetchListing(api, request, quietCtx());
  return expiries.map((row) => [row.root, row.date, new Date(row.expiryMs).toISOString().slice(11, 16), row.strikes]);
}

it('follows both roots of a third Friday until the close of the day before, six and a half hours apart', async () => {
  expect(await listed('2025-12-18')).toEqual([
    ['SPX', FRIDAY, '14:30', [6795, 6800]],
    ['SPXW', FRIDAY, '21:00', [6795, 6800]],
  ]);
});

it('leaves the root that settles at the open of a third Friday out of its session, listed or not', async () => {
  expect(await listed(FRIDAY)).toEqual([['SPXW', FRIDAY, '21:00', [6795, 6800]]]);
});
