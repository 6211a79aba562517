import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { isObject, type JsonObject } from '../../wire/chain-reading.js';
import type { Answered, OptionExpiration, Quote, SymbolDetail } from './model.js';
import { parseExpirations, parseQuotes, parseStrikes, parseSymbols } from './parse.js';
import { RESOURCES } from './resources.js';
import { callApi, type RestCall, type RestOptions } from './rest.js';
import { pathOf } from './symbols.js';
import { words } from './values.js';

/** The REST calls of the market data API but bars (contract sections 5.1, 5.3 to 5.10); errors as `callApi`. */
export interface TradeStationApi {
  /** Any number of symbols; those that do not exist are `faults`. */
  quotes(symbols: readonly string[], ctx: Ctx): Promise<Answered<Quote>>;
  symbols(symbols: readonly string[], ctx: Ctx): Promise<Answered<SymbolDetail>>;
  expirations(symbol: string, ctx: Ctx): Promise<OptionExpiration[]>;
  /** Ascending strikes of one expiration (`YYYY-MM-DD`). */
  strikes(symbol: string, date: string, ctx: Ctx): Promise<number[]>;
  spreadTypes(ctx: Ctx): Promise<readonly JsonObject[]>;
  riskReward(order: RiskRewardOrder, ctx: Ctx): Promise<JsonObject>;
  /** Criteria such as `N=SPY`; rows of version 2 of the API as they come. */
  search(criteria: string, ctx: Ctx): Promise<readonly JsonObject[]>;
  suggest(text: string, top: number, ctx: Ctx): Promise<readonly JsonObject[]>;
  cryptoPairs(ctx: Ctx): Promise<readonly string[]>;
}

/** A spread to be judged: legs of one expiration. */
export interface RiskRewardOrder {
  readonly spreadPrice: number;
  readonly legs: readonly { readonly symbol: string; readonly quantity: number; readonly action: 'BUY' | 'SELL' }[];
}

/** Documented limits of one request. */
const QUOTES_AT_ONCE = 100;
const SYMBOLS_AT_ONCE = 50;
const MARKET_DATA = '/v3/marketdata';
const OPTION_SCOPE = 'OptionSpreads';

/** The calls with one set of options. */
export function createApi(options: RestOptions): TradeStationApi {
  const object = async (call: RestCall, ctx: Ctx): Promise<JsonObject> => {
    const json = (await callApi(options, call, ctx)) ?? {};
    if (isObject(json)) return json;
    throw unexpected(call, 'an object');
  };
  const array = async (call: RestCall, ctx: Ctx): Promise<readonly JsonObject[]> => {
    const json = (await callApi(options, call, ctx)) ?? [];
    if (Array.isArray(json)) return json.filter(isObject);
    if (isObject(json) && Object.keys(json).length === 0) return [];
    throw unexpected(call, 'an array');
  };
  const inParts = async <T>(
    symbols: readonly string[],
    atOnce: number,
    ask: (part: readonly string[]) => Promise<Answered<T>>,
  ): Promise<Answered<T>> => {
    const answers: Answered<T>[] = [];
    for (let at = 0; at < symbols.length; at += atOnce) answers.push(await ask(symbols.slice(at, at + atOnce)));
    return { found: answers.flatMap(({ found }) => found), faults: answers.flatMap(({ faults }) => faults) };
  };

  return {
    quotes: (symbols, ctx) =>
      inParts(symbols, QUOTES_AT_ONCE, async (part) =>
        parseQuotes(await object({ path: `${MARKET_DATA}/quotes/${pathOf(part)}`, resource: RESOURCES.quotes }, ctx)),
      ),
    symbols: (symbols, ctx) =>
      inParts(symbols, SYMBOLS_AT_ONCE, async (part) =>
        parseSymbols(
          await object({ path: `${MARKET_DATA}/symbols/${pathOf(part)}`, resource: RESOURCES.symbols }, ctx),
        ),
      ),
    expirations: async (symbol, ctx) => {
      const path = `${MARKET_DATA}/options/expirations/${pathOf([symbol])}`;
      return parseExpirations(await object({ path, resource: RESOURCES.expirations, scope: OPTION_SCOPE }, ctx));
    },
    strikes: async (symbol, date, ctx) => {
      const path = `${MARKET_DATA}/options/strikes/${pathOf([symbol])}?expiration=${monthFirst(date)}`;
      const json = await object({ path, resource: RESOURCES.strikes, scope: OPTION_SCOPE }, ctx);
      return [...new Set(parseStrikes(json).flat())].sort((a, b) => a - b);
    },
    spreadTypes: async (ctx) => {
      const path = `${MARKET_DATA}/options/spreadtypes`;
      const json = await object({ path, resource: RESOURCES.spreadTypes, scope: OPTION_SCOPE }, ctx);
      return Array.isArray(json.SpreadTypes) ? json.SpreadTypes.filter(isObject) : [];
    },
    riskReward: ({ spreadPrice, legs }, ctx) =>
      object(
        {
          path: `${MARKET_DATA}/options/riskreward`,
          resource: RESOURCES.riskReward,
          scope: OPTION_SCOPE,
          body: {
            SpreadPrice: spreadPrice,
            Legs: legs.map(({ symbol, quantity, action }) => ({
              ...{ Symbol: symbol, Quantity: quantity, TradeAction: action },
            })),
          },
        },
        ctx,
      ),
    search: (criteria, ctx) =>
      array({ path: `/v2/data/symbols/search/${encodeURIComponent(criteria)}`, resource: RESOURCES.search }, ctx),
    suggest: (text, top, ctx) =>
      array(
        { path: `/v2/data/symbols/suggest/${encodeURIComponent(text)}?$top=${top}`, resource: RESOURCES.search },
        ctx,
      ),
    cryptoPairs: async (ctx) => {
      const path = `${MARKET_DATA}/symbollists/cryptopairs/symbolnames`;
      const json = await object({ path, resource: RESOURCES.symbols }, ctx);
      return Array.isArray(json.SymbolNames) ? json.SymbolNames.flatMap((name) => words(name) ?? []) : [];
    },
  };
}

function unexpected({ path }: RestCall, wanted: string): GexError {
  return new GexError('data', `TradeStation ${path}: the answer is not ${wanted}; is TRADESTATION_API_URL right?`);
}

/** `MM-DD-YYYY`, the form the documentation uses. */
function monthFirst(date: string): string {
  return `${date.slice(5, 7)}-${date.slice(8, 10)}-${date.slice(0, 4)}`;
}
