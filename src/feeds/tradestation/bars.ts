import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { isObject, type JsonObject } from '../../wire/chain-reading.js';
import type { BarUnit, TradeStationBar } from './model.js';
import { parseBars } from './parse.js';
import { RESOURCES } from './resources.js';
import { callApi, type RestOptions } from './rest.js';
import { pathOf } from './symbols.js';

/** Which bars: those that end after `fromMs` and not after `toMs`. */
interface BarWindow {
  readonly unit: BarUnit;
  /** Minutes per bar, 1 to 1440; 1 for other units. */
  readonly interval: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Trading hours of shares and funds: `USEQPre`, `USEQPost`, `USEQPreAndPost`, `USEQ24Hour`, `Default`. */
  readonly session?: string;
}

/** A request gives 57,600 intraday bars at most; clients in the wild stay a little below. */
export const MAX_BARS = 57_500;
const MINUTE_MS = 60_000;

/**
 * Bars of a symbol, ascending, each once, in as many requests as the limit of one takes; none where there was no session.
 * Calls `onPage` after each with the share of the window that is done. Errors as `callApi`.
 */
export async function fetchBars(
  options: RestOptions,
  { symbol, window, onPage }: { symbol: string; window: BarWindow; onPage?: (share: number) => void },
  ctx: Ctx,
): Promise<TradeStationBar[]> {
  const { unit, interval, fromMs, toMs, session } = window;
  // Minutes of the clock, not of the session: never more bars than that.
  const pageMs = unit === 'Minute' ? MAX_BARS * interval * MINUTE_MS : Number.POSITIVE_INFINITY;
  const bars = new Map<number, TradeStationBar>();
  for (let pageFromMs = fromMs; pageFromMs < toMs; pageFromMs += pageMs) {
    const pageToMs = Math.min(toMs, pageFromMs + pageMs);
    const query = new URLSearchParams({
      interval: String(interval),
      unit,
      firstdate: second(pageFromMs),
      lastdate: second(pageToMs),
      ...(session === undefined ? {} : { sessiontemplate: session }),
    });
    const path = `/v3/marketdata/barcharts/${pathOf([symbol])}?${query}`;
    for (const bar of parseBars(await barsObject(options, path, ctx))) {
      if (bar.endMs > fromMs && bar.endMs <= toMs) bars.set(bar.endMs, bar);
    }
    onPage?.((pageToMs - fromMs) / (toMs - fromMs));
  }
  return [...bars.values()].sort((a, b) => a.endMs - b.endMs);
}

/** RFC 3339 without fractions, as the parameter wants it. */
function second(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The last bars of a symbol, ascending, as many as there are up to `count`. Errors as `callApi`. */
export async function lastBars(
  options: RestOptions,
  { symbol, unit, interval, count }: Pick<BarWindow, 'unit' | 'interval'> & { symbol: string; count: number },
  ctx: Ctx,
): Promise<TradeStationBar[]> {
  const query = new URLSearchParams({ interval: String(interval), unit, barsback: String(count) });
  return parseBars(await barsObject(options, `/v3/marketdata/barcharts/${pathOf([symbol])}?${query}`, ctx));
}

async function barsObject(options: RestOptions, path: string, ctx: Ctx): Promise<JsonObject> {
  const json = (await callApi(options, { path, resource: RESOURCES.bars }, ctx)) ?? {};
  if (isObject(json)) return json;
  throw new GexError('data', `TradeStation ${path}: the answer is not an object`);
}
