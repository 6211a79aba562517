import { newYorkDate, tradingDay } from '../../core/calendar.js';
import { type ChainBuilder, createChainBuilder } from '../../core/chain.js';
import { DAY_MS } from '../../core/holidays.js';
import type { ChainSnapshot } from '../../core/model.js';
import { expiryInstant } from '../../core/settlement.js';
import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { mapLimited } from '../../io/limit.js';
import { type ChainReadOptions, chosenSpot } from '../../wire/chain-reading.js';
import type { TradeStationApi } from './api.js';
import type { Quote } from './model.js';
import { formatOptionSymbol, type OptionName, occSymbolOf, symbolsOf, type UnderlyingSymbols } from './symbols.js';

/** Which part of a chain to ask for. */
interface ChainScope extends ChainReadOptions {
  /** The next dates only; default: all within `days`. */
  readonly expirations?: number;
  /** Calendar days ahead; a date further away costs two requests for each hundred contracts. */
  readonly days: number;
  /** Points of the underlying around spot; default: every strike. */
  readonly strikeDistance?: number;
}

/** An expiry that is listed under one root. */
interface ListedExpiry {
  readonly root: string;
  readonly querySymbol: string;
  readonly date: string;
}

/** Requests under way at a time; the pace is the gates'. */
const AT_ONCE = 6;
const SYMBOLS_AT_ONCE = 100;
/** An older last trade is the time of the quotes: the market is closed, or its time is not ours. */
const FRESH_MS = 2 * 60_000;

/**
 * One snapshot of an underlying's chain, all its roots: expirations, strikes, then quotes in batches. GexError `missing`
 * for an underlying without quote or options, `data` without a spot, and as the API calls.
 */
export async function fetchTradestationChain(
  api: TradeStationApi,
  { ticker, ...scope }: ChainScope & { readonly ticker: string },
  ctx: Ctx,
): Promise<ChainSnapshot> {
  const symbols = symbolsOf(ticker);
  const first = await underlyingQuote(api, symbols, ctx);
  const listed = await listedExpiries(api, symbols, { scope, atMs: momentOf(first, scope, ctx) }, ctx);
  const contracts = await listedContracts(api, listed, { scope, spot: spotOf(first, symbols, scope) }, ctx);
  const multipliers = await multipliersOf(api, contracts, ctx);
  // Spot and options belong together: the strikes may have taken a minute.
  const quote = await underlyingQuote(api, symbols, ctx);
  const asOfMs = momentOf(quote, scope, ctx);
  const { builder, notes } = await quotedContracts(api, contracts, multipliers, ctx);
  return builder.finish({
    underlying: symbols.underlying,
    asOfMs,
    spot: spotOf(quote, symbols, scope),
    ...closeOf(quote, asOfMs),
    source: { kind: 'tradestation', name: `quotes of ${symbols.quoteSymbol}` },
    warnings: [...(quote.delayed ? ['TradeStation marks its quotes as delayed'] : []), ...notes],
  });
}

async function underlyingQuote(api: TradeStationApi, { quoteSymbol }: UnderlyingSymbols, ctx: Ctx): Promise<Quote> {
  const { found, faults } = await api.quotes([quoteSymbol], ctx);
  if (found[0]) return found[0];
  const said = faults[0]?.fault ?? 'no answer';
  throw new GexError('missing', `TradeStation has no quote of ${quoteSymbol} (${said}); check the ticker`);
}

const momentOf = (quote: Quote, { asOfMs }: ChainScope, ctx: Ctx): number => asOfMs ?? quoteMoment(quote, ctx);

/** When quotes like this one are from, epoch ms: now, while the underlying trades; else its last trade. */
export function quoteMoment({ tradeMs }: Quote, { clock }: Pick<Ctx, 'clock'>): number {
  const now = clock.now();
  return tradeMs !== undefined && Math.abs(now - tradeMs) > FRESH_MS ? tradeMs : now;
}

function spotOf(quote: Quote, { quoteSymbol }: UnderlyingSymbols, { spot }: ChainScope): number {
  const { last, bid, ask } = quote;
  const middle = bid && ask ? (bid + ask) / 2 : Number.NaN;
  return chosenSpot(`TradeStation ${quoteSymbol}`, last || middle, quote.close ?? Number.NaN, spot);
}

/** The close of the last session that is over. */
function closeOf({ previousClose, close }: Quote, atMs: number): { readonly close?: number } {
  const today = tradingDay(newYorkDate(atMs));
  const last = today === undefined || atMs >= today.closeMs ? close : previousClose;
  return last === undefined ? {} : { close: last };
}

interface Asked {
  readonly scope: ChainScope;
}

async function listedExpiries(
  api: TradeStationApi,
  { underlying, chains }: UnderlyingSymbols,
  { scope, atMs }: Asked & { readonly atMs: number },
  ctx: Ctx,
): Promise<ListedExpiry[]> {
  const perRoot = await mapLimited(chains, AT_ONCE, async ({ querySymbol, root }) =>
    (await api.expirations(querySymbol, ctx)).map(({ date }) => ({ root, querySymbol, date })),
  );
  const open = perRoot.flat().filter(({ root, date }) => expiryInstant(root, date) > atMs);
  const lastMs = atMs + scope.days * DAY_MS;
  const dates = [...new Set(open.map(({ date }) => date))].sort();
  const within = dates.filter((date) => Date.parse(`${date}T00:00:00Z`) <= lastMs).slice(0, scope.expirations);
  if (within.length > 0) return open.filter(({ date }) => within.includes(date));
  const found = dates.length === 0 ? 'no options' : `no options that expire within ${scope.days} days`;
  throw new GexError('missing', `TradeStation lists ${found} of ${underlying}; check the ticker and --expiry-days`);
}

async function listedContracts(
  api: TradeStationApi,
  listed: readonly ListedExpiry[],
  { scope, spot }: Asked & { readonly spot: number },
  ctx: Ctx,
): Promise<OptionName[]> {
  const { strikeDistance = Number.POSITIVE_INFINITY } = scope;
  const task = ctx.progress.start('strikes', listed.length);
  try {
    const perExpiry = await mapLimited(listed, AT_ONCE, async ({ root, querySymbol, date }) => {
      const strikes = await api.strikes(querySymbol, date, ctx);
      task.advance(1, `${root} ${date}`);
      return strikes
        .filter((strike) => Math.abs(strike - spot) <= strikeDistance)
        .flatMap((strike) => (['C', 'P'] as const).map((right): OptionName => ({ root, date, right, strike })));
    });
    return perExpiry.flat();
  } finally {
    task.done();
  }
}

/** Shares per contract of each root, from the details of one of its contracts. */
async function multipliersOf(
  api: TradeStationApi,
  contracts: readonly OptionName[],
  ctx: Ctx,
): Promise<ReadonlyMap<string, number>> {
  const samples = new Map(contracts.map((contract) => [contract.root, formatOptionSymbol(contract)]));
  if (samples.size === 0) return new Map();
  const { found } = await api.symbols([...samples.values()], ctx);
  const values = new Map(found.map(({ symbol, pointValue }) => [symbol, pointValue]));
  return new Map(
    [...samples].flatMap(([root, symbol]): [string, number][] => {
      const value = values.get(symbol);
      return value !== undefined && value > 0 ? [[root, value]] : [];
    }),
  );
}

async function quotedContracts(
  api: TradeStationApi,
  contracts: readonly OptionName[],
  multipliers: ReadonlyMap<string, number>,
  ctx: Ctx,
): Promise<{ builder: ChainBuilder; notes: string[] }> {
  const batches = Array.from({ length: Math.ceil(contracts.length / SYMBOLS_AT_ONCE) }, (_, i) =>
    contracts.slice(i * SYMBOLS_AT_ONCE, (i + 1) * SYMBOLS_AT_ONCE),
  );
  const task = ctx.progress.start('quotes', contracts.length);
  const quotes = new Map<string, Quote>();
  try {
    await mapLimited(batches, AT_ONCE, async (batch) => {
      const { found } = await api.quotes(batch.map(formatOptionSymbol), ctx);
      for (const quote of found) quotes.set(quote.symbol, quote);
      task.advance(batch.length);
    });
  } finally {
    task.done();
  }
  const builder = createChainBuilder(contracts.length);
  for (const contract of contracts) {
    const quote = quotes.get(formatOptionSymbol(contract));
    if (quote) addQuote(builder, contract, quote, multipliers.get(contract.root));
    else builder.reject('no quote');
  }
  const unanswered = contracts.length - quotes.size;
  const without = [...new Set(contracts.map(({ root }) => root))].filter((root) => !multipliers.has(root));
  return {
    builder,
    notes: [
      ...(unanswered > 0 ? [`TradeStation has no quote of ${unanswered} of ${contracts.length} listed contracts`] : []),
      ...(without.length > 0 ? [`the contract size of ${without.join(', ')} is not known; 100 is taken`] : []),
    ],
  };
}

function addQuote(builder: ChainBuilder, contract: OptionName, quote: Quote, multiplier: number | undefined): void {
  const { root, date, right, strike } = contract;
  const row = builder.add(occSymbolOf(contract) ?? '', builder.expiry(root, { date }), right, strike);
  if (row < 0) return;
  const { columns } = builder;
  columns.bid[row] = quote.bid ?? Number.NaN;
  columns.ask[row] = quote.ask ?? Number.NaN;
  columns.last[row] = quote.last ?? Number.NaN;
  columns.openInterest[row] = quote.openInterest ?? Number.NaN;
  columns.volume[row] = quote.volume ?? Number.NaN;
  if (multiplier !== undefined) columns.multiplier[row] = multiplier;
}
