import { type ChainBuilder, createChainBuilder } from '../core/chain.js';
import type { ChainSnapshot } from '../core/model.js';
import { GexError } from '../errors.js';
import {
  type ChainReadOptions,
  cboeVolatility,
  chosenSpot,
  excerpt,
  isObject,
  type JsonObject,
  numberOf,
  plainTicker,
  priceOf,
} from './chain-reading.js';

/** The fields of an option of Cboe's delayed quotes that a chain keeps. */
interface CboeOption {
  readonly option?: unknown;
  readonly bid?: unknown;
  readonly ask?: unknown;
  readonly iv?: unknown;
  readonly open_interest?: unknown;
  readonly volume?: unknown;
  readonly delta?: unknown;
  readonly gamma?: unknown;
  readonly last_trade_price?: unknown;
}

/** The object that holds the options: the body's `data`, or the body itself in the bare form; undefined when neither does. */
export function cboeData(body: JsonObject): JsonObject | undefined {
  return [body.data, body].filter(isObject).find((data) => Array.isArray(data.options));
}

/**
 * Reads a body of Cboe's delayed quotes, wrapped ({timestamp, data: {options}}) or bare ({options}). Volatilities of 0 and
 * 0.02 and prices of 0 (except bids) are unknown; published delta and gamma are kept as they are. Throws `data`.
 */
export function readCboeJson(body: JsonObject, name: string, options: ChainReadOptions = {}): ChainSnapshot {
  const data = cboeData(body);
  if (data === undefined || !Array.isArray(data.options)) {
    throw new GexError('data', `${name}: has no "options" list, as Cboe's delayed quotes do`);
  }
  const builder = createChainBuilder(data.options.length, options.calendar);
  addOptions(builder, data.options);

  const warnings: string[] = [];
  const current = numberOf(data.current_price);
  const close = numberOf(data.close);
  const symbol = data.symbol ?? body.symbol;
  return builder.finish({
    ...(typeof symbol === 'string' ? { underlying: plainTicker(symbol) } : {}),
    asOfMs: options.asOfMs ?? asOfOf(body.timestamp, builder, name, warnings),
    spot: chosenSpot(name, current, close, options.spot),
    ...(close > 0 && close < Number.POSITIVE_INFINITY ? { close } : {}),
    source: { kind: 'cboe-json', name },
    warnings,
  });
}

function addOptions(builder: ChainBuilder, options: readonly unknown[]): void {
  const { bid, ask, last, iv, openInterest, volume, delta, gamma } = builder.columns;
  for (const option of options) {
    if (!isObject(option)) {
      builder.reject('not an object');
      continue;
    }
    const quote: CboeOption = option;
    const row = typeof quote.option === 'string' ? builder.addSymbol(quote.option) : rejectNameless(builder);
    if (row < 0) continue;
    bid[row] = numberOf(quote.bid);
    ask[row] = priceOf(quote.ask);
    last[row] = priceOf(quote.last_trade_price);
    iv[row] = cboeVolatility(quote.iv);
    openInterest[row] = numberOf(quote.open_interest);
    volume[row] = numberOf(quote.volume);
    delta[row] = numberOf(quote.delta);
    gamma[row] = numberOf(quote.gamma);
  }
}

function rejectNameless(builder: ChainBuilder): number {
  builder.reject('no symbol');
  return -1;
}

/** The body's time stamp, which is UTC without saying so; without one, the settlement of the first expiry. */
function asOfOf(timestamp: unknown, builder: ChainBuilder, name: string, warnings: string[]): number {
  if (typeof timestamp === 'string') {
    const [, date, time] = /^\s*(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)Z?\s*$/.exec(timestamp) ?? [];
    const ms = Date.parse(`${date}T${time}Z`);
    if (Number.isFinite(ms)) return ms;
    throw new GexError(
      'data',
      `${name}: its timestamp "${excerpt(timestamp)}" is no "YYYY-MM-DD HH:MM:SS"; give --as-of`,
    );
  }
  const ms = Math.min(...builder.expiries.map((expiry) => expiry.expiryMs));
  if (Number.isFinite(ms)) {
    const instant = new Date(ms).toISOString();
    warnings.push(
      `${name} does not say when it was taken: assumed the settlement of its first expiry, ${instant}; --as-of sets it`,
    );
  }
  return ms;
}
