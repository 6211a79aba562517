import { z } from 'zod';
import { GexError } from '../../errors.js';
import { maskKey } from '../auth.js';
import { conversionOf } from '../conversion.js';
import { expiryWindow, OPTION_TICKERS, storedExpiries, usualExpiries } from '../expiries.js';
import { refuse } from '../refuse.js';
import { type RouteRow, route } from '../route.js';
import * as schemas from '../schemas.js';

const names = z.array(z.string());

/** What every key may do here. The vendor's field names are not published: these are ours. */
const ACCOUNT = {
  levels: ['classic', 'state', 'orderflow', 'quant'],
  add_ons: ['history', 'websocket'],
  permissions: ['rest', 'history', 'eod', 'expiries', 'negotiate'],
};

/** The vendor's routes beside records and history (contract section 1.5, rows 9, 12, 14 and 15). */
export const ACCOUNT_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/options/{ticker}/expiries',
    tag: 'catalogue',
    summary: 'Expiries of the next 90 days',
    access: 'key',
    params: z.object({ ticker: schemas.ticker }),
    answer: {
      description: 'Those of the newest stored chain, else the usual ones by the calendar',
      schema: z.object({ ticker: z.string(), start_date: z.string(), end_date: z.string(), expiries: names }),
    },
    refusals: { 404: 'Neither a ticker of the vendor nor one with a stored chain' },
    handle: async ({ params: { ticker }, state: { replay, ctx } }) => {
      if (ticker.includes('_')) {
        throw new GexError('usage', `${ticker} has no options of its own: ask for the index behind it`);
      }
      const window = expiryWindow(ctx.clock.now());
      const stored = await storedExpiries(replay.options.root, ticker, window, ctx);
      if (stored.length === 0 && !OPTION_TICKERS.includes(ticker)) {
        throw new GexError('missing', `No expiries known of ${ticker}`);
      }
      const expiries = stored.length > 0 ? stored : usualExpiries(ticker, window);
      return { ticker, start_date: window.start, end_date: window.end, expiries };
    },
  }),
  route({
    method: 'GET',
    path: '/futures/conversion',
    tag: 'catalogue',
    summary: 'How prices of a ticker become prices of a future',
    access: 'key',
    query: z.object({
      ticker: schemas.ticker,
      future: z
        .string()
        .regex(/^[A-Za-z]{1,4}$/, 'expected a future such as ES')
        .toUpperCase()
        .describe('Future, such as ES'),
    }),
    answer: {
      description: 'future = multiplier x price + additive',
      schema: z.object({ future_contract: z.string(), multiplier: z.number(), additive: z.number() }),
    },
    handle: ({ query: { ticker, future }, state: { replay } }) => {
      const { library } = replay.session;
      return library.hold(conversionOf(ticker, future, library));
    },
  }),
  route({
    method: 'GET',
    path: '/whoami',
    tag: 'catalogue',
    summary: 'What the key may do: everything',
    access: 'key',
    answer: {
      description: 'The key, masked, and its rights',
      schema: z.object({ key: z.string(), levels: names, add_ons: names, permissions: names }),
    },
    handle: ({ apiKey }) => ({ key: maskKey(apiKey), ...ACCOUNT }),
  }),
  route({
    method: 'GET',
    path: '/research/{ticker}/{metric}',
    tag: 'catalogue',
    summary: "The vendor's research charts, which are not made here",
    access: 'public',
    params: z.object({ ticker: z.string(), metric: z.string() }),
    answer: { description: 'Never', schema: z.never() },
    refusals: { 501: 'Always' },
    handle: ({ params: { ticker, metric }, reply }) =>
      refuse(
        reply,
        501,
        `Research charts such as ${metric} of ${ticker} are drawn by the vendor only; this server replays records.`,
      ),
  }),
];
