import type { SynthTicker } from '../../../core/synth/tickers.js';
import { isIndex } from './hours.js';
import type { UnderlyingDay } from './underlying-day.js';

const MINUTE_MS = 60_000;

/** One bar; times are epoch ms, `endMs` excluded from it. Figures of several bars add up with `joinBars`. */
export interface MarketBar {
  readonly startMs: number;
  readonly endMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly upVolume: number;
  readonly downVolume: number;
  readonly upTicks: number;
  readonly downTicks: number;
}

type BarSession = 'pre' | 'regular' | 'post';

/** One price with its size at an instant: what bars are made of. */
export interface Print {
  readonly atMs: number;
  readonly price: number;
  readonly size: number;
}

/** Minute bars out of prints in order of time; up or down by the tick rule, equal prices inherit the direction. */
export function minuteBars(prints: Iterable<Print>): MarketBar[] {
  const bars: { -readonly [K in keyof MarketBar]: MarketBar[K] }[] = [];
  let [last, up] = [Number.NaN, true];
  for (const { atMs, price, size } of prints) {
    if (price > last) up = true;
    else if (price < last) up = false;
    last = price;
    const startMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    let bar = bars.at(-1);
    if (bar?.startMs !== startMs) {
      bar = { startMs, endMs: startMs + MINUTE_MS, open: price, high: price, low: price, close: price, ...NOTHING };
      bars.push(bar);
    }
    bar.high = Math.max(bar.high, price);
    bar.low = Math.min(bar.low, price);
    bar.close = price;
    bar[up ? 'upVolume' : 'downVolume'] += size;
    bar[up ? 'upTicks' : 'downTicks'] += 1;
  }
  return bars;
}

const NOTHING = { upVolume: 0, downVolume: 0, upTicks: 0, downTicks: 0 } as const;

/** One bar from the bars it covers, or the part of them that has passed. */
export function joinBars(bars: readonly MarketBar[], startMs: number, endMs: number): MarketBar | undefined {
  const [first] = bars;
  const last = bars.at(-1);
  if (!first || !last) return undefined;
  const sum = (of: (bar: MarketBar) => number): number => bars.reduce((total, bar) => total + of(bar), 0);
  return {
    ...{ startMs, endMs, open: first.open, close: last.close },
    high: bars.reduce((high, bar) => Math.max(high, bar.high), first.high),
    low: bars.reduce((low, bar) => Math.min(low, bar.low), first.low),
    upVolume: sum((bar) => bar.upVolume),
    downVolume: sum((bar) => bar.downVolume),
    upTicks: sum((bar) => bar.upTicks),
    downTicks: sum((bar) => bar.downTicks),
  };
}

/** The prints of an underlying's day in one part of it, up to an instant (excluded). Indexes print without volume. */
export function* underlyingPrints(
  ticker: SynthTicker,
  of: UnderlyingDay,
  session: BarSession,
  untilMs: number,
): Generator<Print> {
  if (session !== 'regular') {
    const { startMs, price, volume } = of[session];
    for (let i = 0; i < price.length && startMs + i * MINUTE_MS < untilMs; i++) {
      const atMs = startMs + i * MINUTE_MS;
      if (volume[i]) yield { atMs, price: price[i] as number, size: volume[i] as number };
    }
    return;
  }
  const index = isIndex(ticker);
  let before = 0;
  for (let second = 0; second < of.price.length; second++) {
    const atMs = of.day.openMs + second * 1000;
    if (atMs >= untilMs) return;
    const volume = of.volume[second] as number;
    yield { atMs, price: of.price[second] as number, size: index ? 0 : volume - before };
    before = volume;
  }
}
