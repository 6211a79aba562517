import type { Calendar } from '../core/calendar.js';
import { GexError } from '../errors.js';

/** What the caller knows better than the source. */
export interface ChainReadOptions {
  /** Instant of the snapshot, epoch ms UTC; default: the source's own. */
  readonly asOfMs?: number;
  /** Which price is the spot: the source's current one (default), its official close, or a number. */
  readonly spot?: 'current' | 'close' | number;
  readonly calendar?: Calendar;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number, or a text that is one; anything else is NaN. Thousands separators are dropped. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return Number.NaN;
  return Number(value.replaceAll(',', ''));
}

/** NaN for 0: where a source writes 0 for a price it does not have. */
export function priceOf(value: unknown): number {
  const price = numberOf(value);
  return price === 0 ? Number.NaN : price;
}

/** NaN for 0 and 0.02, which Cboe writes where it has no implied volatility. */
export function cboeVolatility(value: unknown): number {
  const iv = numberOf(value);
  return iv === 0 || iv === 0.02 ? Number.NaN : iv;
}

/** The spot the options ask for; throws `data` when the source does not have it. */
export function chosenSpot(name: string, current: number, close: number, choice: ChainReadOptions['spot']): number {
  const [label, spot] =
    typeof choice === 'number' ? ['given', choice] : choice === 'close' ? ['closing', close] : ['current', current];
  if (spot > 0 && spot < Number.POSITIVE_INFINITY) return spot;
  const found = Number.isNaN(spot) ? 'none' : String(spot);
  throw new GexError(
    'data',
    `${name}: needs a positive ${label} price of the underlying, found ${found}; give one with --spot`,
  );
}

/** The beginning of something from outside, on one line, for a message. */
export function excerpt(value: unknown, length = 40): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  const start = text
    .slice(0, 4 * length)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return start.length > length ? `${start.slice(0, length)}...` : start;
}

/** `SPX` for `_SPX`, `^SPX` and `$SPX`: the marks that sources put before index tickers. */
export function plainTicker(ticker: string): string {
  return ticker
    .trim()
    .replace(/^[_^$.]/, '')
    .toUpperCase();
}
