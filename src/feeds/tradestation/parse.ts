import { isObject, type JsonObject } from '../../wire/chain-reading.js';
import type {
  Answered,
  OptionExpiration,
  Quote,
  QuoteFields,
  Spread,
  SymbolDetail,
  SymbolFault,
  TradeStationBar,
} from './model.js';
import { dateOnly, instant, int, num, words } from './values.js';

const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Keeps what is known. */
function known<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** Not below zero: a negative size, volume or open interest is unknown. */
const amount = (value: unknown): number | undefined => {
  const parsed = num(value);
  return parsed !== undefined && parsed >= 0 ? parsed : undefined;
};

const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** The quote fields of a snapshot, a stream's delta or a spread; those that are absent or blank are left out. */
function quoteFields(json: JsonObject): QuoteFields {
  const flags = isObject(json.MarketFlags) ? json.MarketFlags : {};
  return known<QuoteFields>({
    bid: num(json.Bid),
    ask: num(json.Ask),
    bidSize: amount(json.BidSize),
    askSize: amount(json.AskSize),
    last: num(json.Last),
    lastSize: amount(json.LastSize),
    open: num(json.Open),
    high: num(json.High),
    low: num(json.Low),
    close: num(json.Close),
    previousClose: num(json.PreviousClose),
    volume: amount(json.Volume),
    previousVolume: amount(json.PreviousVolume),
    openInterest: amount(json.DailyOpenInterest),
    vwap: num(json.VWAP),
    tradeMs: instant(json.TradeTime),
    delayed: flag(flags.IsDelayed),
    halted: flag(flags.IsHalted),
  });
}

/** A quote message; undefined without a symbol. */
export function parseQuote(json: JsonObject): Quote | undefined {
  const symbol = words(json.Symbol)?.toUpperCase();
  return symbol === undefined ? undefined : { symbol, ...quoteFields(json) };
}

/** `GET /quotes`: 200 may answer some symbols and refuse others. */
export function parseQuotes(json: JsonObject): Answered<Quote> {
  const found = list(json.Quotes).flatMap((row) => parseQuote(row) ?? []);
  return { found, faults: parseFaults(json) };
}

/** The `Errors` of an answer, and of one symbol on a stream. */
function parseFaults(json: JsonObject): SymbolFault[] {
  return list(json.Errors).map((row) => ({
    symbol: words(row.Symbol)?.toUpperCase() ?? '',
    fault: words(row.Message) ?? words(row.Error) ?? 'refused without a reason',
  }));
}

/** One bar; undefined when a price or the time is unknown. */
function parseBar(json: JsonObject): TradeStationBar | undefined {
  const endMs = instant(json.Epoch) ?? instant(json.TimeStamp);
  const [open, high, low, close] = [num(json.Open), num(json.High), num(json.Low), num(json.Close)];
  if (endMs === undefined || open === undefined || high === undefined || low === undefined || close === undefined) {
    return undefined;
  }
  return {
    ...{ endMs, open, high, low, close },
    ...known<Pick<TradeStationBar, 'volume' | 'upVolume' | 'downVolume' | 'openInterest'>>({
      volume: amount(json.TotalVolume),
      upVolume: amount(json.UpVolume),
      downVolume: amount(json.DownVolume),
      openInterest: amount(json.OpenInterest),
    }),
    closed: words(json.BarStatus)?.toLowerCase() !== 'open',
    realtime: json.IsRealtime === true,
    endOfHistory: json.IsEndOfHistory === true,
  };
}

/** `GET /barcharts`: oldest first. */
export function parseBars(json: JsonObject): TradeStationBar[] {
  return list(json.Bars)
    .flatMap((row) => parseBar(row) ?? [])
    .sort((a, b) => a.endMs - b.endMs);
}

/** `GET /options/expirations`: ascending. */
export function parseExpirations(json: JsonObject): OptionExpiration[] {
  return list(json.Expirations)
    .flatMap((row) => {
      const date = dateOnly(row.Date);
      return date === undefined ? [] : [{ date, type: words(row.Type) ?? 'Other' }];
    })
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** `GET /options/strikes`: the strikes of each spread, one for `Single`. */
export function parseStrikes(json: JsonObject): number[][] {
  const rows = Array.isArray(json.Strikes) ? json.Strikes : [];
  return rows
    .map((row: unknown) => (Array.isArray(row) ? row : [row]).flatMap((strike) => amount(strike) ?? []))
    .filter((strikes) => strikes.length > 0);
}

/** `GET /symbols`: details of the symbols that exist. */
export function parseSymbols(json: JsonObject): Answered<SymbolDetail> {
  const found = list(json.Symbols).flatMap((row) => {
    const symbol = words(row.Symbol)?.toUpperCase();
    if (symbol === undefined) return [];
    const format = isObject(row.PriceFormat) ? row.PriceFormat : {};
    const optional = known<Omit<SymbolDetail, 'symbol'>>({
      description: words(row.Description),
      assetType: words(row.AssetType),
      exchange: words(row.Exchange),
      currency: words(row.Currency),
      root: words(row.Root),
      underlying: words(row.Underlying),
      optionType: words(row.OptionType),
      strike: num(row.StrikePrice),
      expirationDate: dateOnly(row.ExpirationDate),
      pointValue: num(format.PointValue),
    });
    return [{ symbol, ...optional }];
  });
  return { found, faults: parseFaults(json) };
}

/** Volatility above this many hundred percent is taken for a percentage: the unit is not documented. */
const MAX_DECIMAL_VOLATILITY = 3;

/** A row of an option stream; undefined without legs. */
export function parseSpread(json: JsonObject): Spread | undefined {
  const legs = list(json.Legs).flatMap((leg) => {
    const symbol = words(leg.Symbol)?.toUpperCase();
    return symbol === undefined ? [] : [{ symbol, ratio: int(leg.Ratio) ?? 1 }];
  });
  if (legs.length === 0) return undefined;
  const volatility = amount(json.ImpliedVolatility);
  const isPercent = volatility !== undefined && volatility > MAX_DECIMAL_VOLATILITY;
  return {
    legs,
    ...quoteFields(json),
    ...known<Omit<Spread, 'legs' | keyof QuoteFields>>({
      side: words(json.Side),
      mid: num(json.Mid),
      impliedVolatility: isPercent ? volatility / 100 : volatility,
      delta: num(json.Delta),
      gamma: num(json.Gamma),
      theta: num(json.Theta),
      vega: num(json.Vega),
      rho: num(json.Rho),
    }),
  };
}
