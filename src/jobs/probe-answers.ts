import { greeks } from '../core/blackscholes.js';
import { newYorkDate } from '../core/calendar.js';
import { marketHours } from '../core/hours.js';
import { impliedVolatility } from '../core/impliedvol.js';
import { expiryInstant, yearsBetween } from '../core/settlement.js';
import { GexError } from '../errors.js';
import type { TradeStationApi } from '../feeds/tradestation/api.js';
import { lastBars } from '../feeds/tradestation/bars.js';
import { firstMessage } from '../feeds/tradestation/first-message.js';
import type { Quote, Spread } from '../feeds/tradestation/model.js';
import { parseSpread } from '../feeds/tradestation/parse.js';
import { RESOURCES } from '../feeds/tradestation/resources.js';
import type { RestOptions } from '../feeds/tradestation/rest.js';
import { quoteMoment } from '../feeds/tradestation/snapshot.js';
import { parseOptionSymbol, pathOf, type UnderlyingSymbols } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import { isObject, type JsonObject } from '../wire/chain-reading.js';

type Cell = string | number | boolean | undefined;

/** What one call answered. */
export interface ProbeTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What a probe asks with. */
export interface ProbeCall {
  readonly rest: RestOptions;
  readonly api: TradeStationApi;
  readonly symbols: UnderlyingSymbols;
  /** For the first message of a stream. */
  readonly waitMs: number;
  readonly rate: number;
}

type Probe = (call: ProbeCall, ctx: Ctx) => Promise<ProbeTable[]>;

/** Every kind of question, by the name of its action. */
export const PROBES = {
  quote,
  bars,
  options,
  search,
  'market-hours': hours,
  depth,
  crypto,
} as const satisfies Record<string, Probe>;

const BARS = 10;
const SHOWN = 10;

const stamp = (ms: number | undefined): Cell => (ms === undefined ? undefined : new Date(ms).toISOString());

async function quoteOf({ api, symbols: { quoteSymbol } }: ProbeCall, ctx: Ctx): Promise<Quote> {
  const { found, faults } = await api.quotes([quoteSymbol], ctx);
  if (found[0]) return found[0];
  throw new GexError('missing', `TradeStation has no quote of ${quoteSymbol} (${faults[0]?.fault ?? 'no answer'})`);
}

const QUOTE_HEAD = ['symbol', 'last', 'bid', 'ask', 'volume', 'open interest', 'previous close', 'traded', 'delayed'];

const quoteRow = (one: Quote): Cell[] => [
  ...[one.symbol, one.last, one.bid, one.ask, one.volume, one.openInterest, one.previousClose],
  ...[stamp(one.tradeMs), one.delayed],
];

async function quote(call: ProbeCall, ctx: Ctx): Promise<ProbeTable[]> {
  return [{ title: 'quote', head: QUOTE_HEAD, rows: [quoteRow(await quoteOf(call, ctx))] }];
}

async function bars({ rest, symbols: { barSymbol: symbol } }: ProbeCall, ctx: Ctx): Promise<ProbeTable[]> {
  const found = await lastBars(rest, { symbol, unit: 'Minute', interval: 1, count: BARS }, ctx);
  const rows = found.map(({ endMs, open, high, low, close, volume }) => [
    ...[stamp(endMs), open, high, low, close, volume],
  ]);
  return [{ title: `last minutes of ${symbol}`, head: ['end', 'open', 'high', 'low', 'close', 'volume'], rows }];
}

async function options(call: ProbeCall, ctx: Ctx): Promise<ProbeTable[]> {
  const { api, symbols } = call;
  const underlying = await quoteOf(call, ctx);
  const atMs = quoteMoment(underlying, ctx);
  const expirations: Cell[][] = [];
  let next: { querySymbol: string; date: string; expiryMs: number } | undefined;
  for (const { querySymbol, root } of symbols.chains) {
    for (const { date, type } of await api.expirations(querySymbol, ctx)) {
      const expiryMs = expiryInstant(root, date);
      expirations.push([root, date, type, stamp(expiryMs)]);
      if (expiryMs > atMs && !(expiryMs >= (next?.expiryMs ?? Number.POSITIVE_INFINITY)))
        next = { querySymbol, date, expiryMs };
    }
  }
  if (!next) throw new GexError('missing', `TradeStation lists no options of ${symbols.underlying}`);
  const strikes = await api.strikes(next.querySymbol, next.date, ctx);
  const types = await api.spreadTypes(ctx);
  return [
    { title: 'expirations', head: ['root', 'date', 'type', 'settles'], rows: expirations },
    {
      title: `strikes of ${next.querySymbol} ${next.date}`,
      head: ['strikes', 'lowest', 'highest'],
      rows: [[strikes.length, strikes[0], strikes.at(-1)]],
    },
    { title: 'spread types', head: ['name'], rows: types.map(({ Name }) => [String(Name)]) },
    await chainRow(call, { ...next, atMs, spot: underlying.last ?? Number.NaN }, ctx),
  ];
}

interface NextExpiry {
  readonly querySymbol: string;
  readonly date: string;
  readonly expiryMs: number;
  readonly atMs: number;
  readonly spot: number;
}

/** One row of the chain stream: the vendor's greeks beside those of the middle of its quote. */
async function chainRow(call: ProbeCall, next: NextExpiry, ctx: Ctx): Promise<ProbeTable> {
  const { querySymbol, date } = next;
  const [year, month, day] = date.split('-');
  const path = `/v3/marketdata/stream/options/chains/${pathOf([querySymbol])}?expiration=${month}-${day}-${year}&strikeProximity=1`;
  const asked = {
    ...{ path, resource: RESOURCES.chainStream, scope: 'OptionSpreads', waitMs: call.waitMs },
    label: `option chain of ${querySymbol}`,
  };
  const spread = parseSpread(await firstMessage(call.rest, asked, ctx));
  if (!spread) throw new GexError('data', `TradeStation option chain of ${querySymbol}: the first row has no legs`);
  const own = ownGreeks(spread, next, call.rate);
  const rows: Cell[][] = [
    ['bid', spread.bid, undefined],
    ['ask', spread.ask, undefined],
    ['implied volatility', spread.impliedVolatility, own.volatility],
    ['delta', spread.delta, own.delta],
    ['gamma', spread.gamma, own.gamma],
    ['theta per day', spread.theta, own.theta],
    ['vega per point', spread.vega, own.vega],
  ];
  return { title: spread.legs[0]?.symbol ?? '', head: ['figure', 'vendor', 'own, from the middle of the quote'], rows };
}

const DAYS_PER_YEAR = 365;

function ownGreeks({ bid, ask, legs }: Spread, { spot, expiryMs, atMs }: NextExpiry, rate: number) {
  const contract = parseOptionSymbol(legs[0]?.symbol ?? '');
  if (!contract || !bid || !ask) return {};
  const { right, strike } = contract;
  const given = { right, spot, strike, years: yearsBetween(atMs, expiryMs), rate, dividendYield: 0 };
  const { volatility } = impliedVolatility({ ...given, price: (bid + ask) / 2 });
  if (!Number.isFinite(volatility)) return {};
  const { delta, gamma, theta, vega } = greeks({ ...given, volatility });
  return { volatility, delta, gamma, theta: theta / DAYS_PER_YEAR, vega: vega / 100 };
}

async function search({ api, symbols: { underlying } }: ProbeCall, ctx: Ctx): Promise<ProbeTable[]> {
  const head = ['name', 'category', 'exchange', 'description'];
  const rows = (found: readonly JsonObject[]): Cell[][] =>
    found
      .slice(0, SHOWN)
      .map(({ Name, Category, Exchange, Description }) =>
        [Name, Category, Exchange, Description].map((value) => (typeof value === 'string' ? value : undefined)),
      );
  return [
    { title: `search N=${underlying}`, head, rows: rows(await api.search(`N=${underlying}`, ctx)) },
    { title: `suggest ${underlying}`, head, rows: rows(await api.suggest(underlying, SHOWN, ctx)) },
  ];
}

async function hours({ api, symbols: { quoteSymbol } }: ProbeCall, ctx: Ctx): Promise<ProbeTable[]> {
  const now = ctx.clock.now();
  const { open, session } = marketHours(now);
  const { found } = await api.symbols([quoteSymbol], ctx);
  const [detail] = found;
  if (!detail) throw new GexError('missing', `TradeStation does not know ${quoteSymbol}; check the symbol`);
  const { symbol, description, assetType, exchange, currency } = detail;
  return [
    {
      title: 'regular session',
      head: ['now', 'New York date', 'open now', 'session', 'opens', 'closes'],
      rows: [[stamp(now), newYorkDate(now), open, session.date, stamp(session.openMs), stamp(session.closeMs)]],
    },
    {
      title: 'symbol',
      head: ['symbol', 'description', 'type', 'exchange', 'currency'],
      rows: [[symbol, description, assetType, exchange, currency]],
    },
  ];
}

async function depth({ rest, symbols: { quoteSymbol }, waitMs }: ProbeCall, ctx: Ctx): Promise<ProbeTable[]> {
  const tables: ProbeTable[] = [];
  for (const kind of ['quotes', 'aggregates'] as const) {
    const path = `/v3/marketdata/stream/marketdepth/${kind}/${pathOf([quoteSymbol])}?maxlevels=${SHOWN}`;
    const label = `market depth (${kind}) of ${quoteSymbol}`;
    const book = await firstMessage(
      rest,
      { path, label, waitMs, resource: RESOURCES.depthStream, scope: 'Matrix' },
      ctx,
    );
    const rows = [book.Bids, book.Asks].flatMap((side) => (Array.isArray(side) ? side.filter(isObject) : []));
    tables.push({ title: label, head: ['side', 'price', 'size', 'orders', 'name'], rows: rows.map(levelRow) });
  }
  return tables;
}

function levelRow(level: JsonObject): Cell[] {
  const { Side, Price, Size, TotalSize, OrderCount, TotalOrderCount, Name } = level;
  return [Side, Price, Size ?? TotalSize, OrderCount ?? TotalOrderCount, Name].map((value) =>
    typeof value === 'string' || typeof value === 'number' ? value : undefined,
  );
}

async function crypto({ api }: ProbeCall, ctx: Ctx): Promise<ProbeTable[]> {
  const pairs = await api.cryptoPairs(ctx);
  if (pairs.length === 0) return [{ title: 'crypto pairs', head: QUOTE_HEAD, rows: [] }];
  const { found } = await api.quotes(pairs.slice(0, SHOWN), ctx);
  return [{ title: `${pairs.length} crypto pairs`, head: QUOTE_HEAD, rows: found.map(quoteRow) }];
}
