import { newYorkDate, previousTradingDay, tradingDay } from '../core/calendar.js';
import type { TradeStationBar } from '../feeds/tradestation/model.js';
import type { Bar } from '../stores/sql/bars.js';
import { type BarShape, MINUTE_MS, type Span } from './backfill-spans.js';

/** A bar of a span, whoever's it is. */
export type SpanBar = Omit<Bar, 'ticker' | 'timeframe' | 'source'>;

interface SpanWindow {
  readonly span: Span;
  readonly shape: BarShape;
  /** Trading of the symbol ends here: the close of an underlying, a quarter of an hour later for its options. */
  readonly endMs: number;
  /** Bars that are not over by now are left out. */
  readonly nowMs: number;
}

/**
 * The bars of one span, by their start. TradeStation stamps bars at their end (contract section 5.2): a bar of minutes
 * begins an interval earlier, and a day's or a longer one with its first session.
 */
export function barsOfSpan(bars: readonly TradeStationBar[], { span, shape, endMs, nowMs }: SpanWindow): SpanBar[] {
  if (shape.unit !== 'Minute') {
    const own = span.closeMs > nowMs ? [] : bars.filter((bar) => isStampedIn(bar, span));
    const last = own.at(-1);
    return last ? [begun(last, span.openMs)] : [];
  }
  return bars
    .filter((bar) => bar.closed && bar.endMs > span.openMs && bar.endMs <= endMs && bar.endMs <= nowMs)
    .map((bar) => begun(bar, startOf(bar.endMs, { span, endMs, stepMs: shape.interval * MINUTE_MS })));
}

function isStampedIn({ endMs }: TradeStationBar, { openMs, lastDate }: Span): boolean {
  return endMs > openMs && newYorkDate(endMs) <= lastDate;
}

function begun({ open, high, low, close, volume, openInterest }: TradeStationBar, startMs: number): SpanBar {
  return {
    ...{ startMs, open, high, low, close },
    ...{ volume: volume ?? Number.NaN, openInterest: openInterest ?? Number.NaN },
  };
}

interface Grid {
  readonly span: Span;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Intervals count from the open; the last one of a session may be shorter. */
function startOf(stampMs: number, { span: { openMs, closeMs }, endMs, stepMs }: Grid): number {
  const restMs = (stampMs - openMs) % stepMs;
  const isLast = stampMs === closeMs || stampMs === endMs;
  return restMs > 0 && isLast ? stampMs - restMs : Math.max(openMs, stampMs - stepMs);
}

/** Bars of one minute joined into those of an interval counted from the open; one that is not over by now is left out. */
export function joinMinutes(
  minutes: readonly SpanBar[],
  { span, shape, nowMs }: Pick<SpanWindow, 'span' | 'shape' | 'nowMs'>,
): SpanBar[] {
  const stepMs = shape.interval * MINUTE_MS;
  const joined = new Map<number, SpanBar>();
  for (const minute of minutes) {
    const startMs = minute.startMs - ((minute.startMs - span.openMs) % stepMs);
    if (Math.min(startMs + stepMs, span.closeMs) > nowMs) break;
    const bar = joined.get(startMs);
    joined.set(startMs, bar ? joinBars(bar, minute) : { ...minute, startMs });
  }
  return [...joined.values()];
}

function joinBars(a: SpanBar, b: SpanBar): SpanBar {
  return {
    ...{ startMs: a.startMs, open: a.open, close: b.close, openInterest: b.openInterest },
    ...{ high: Math.max(a.high, b.high), low: Math.min(a.low, b.low), volume: a.volume + b.volume },
  };
}

/** An opening bar that was put right. */
export interface Repair {
  readonly date: string;
  /** What the vendor gave as the open: the close of the session before. */
  readonly phantom: number;
  /** The first real price. */
  readonly open: number;
}

const HALF_CENT = 0.005;

/**
 * Puts the first minute of a cash index right, which can open at the last close and drag high or low there (contract
 * section 5.2): its close is the first real print the history tells. `closes` are the last prices of the session before.
 */
export function repairOpening(
  minutes: readonly SpanBar[],
  { date, openMs }: Span,
  closes: readonly number[],
): { readonly minutes: readonly SpanBar[]; readonly repair?: Repair } {
  const [first, ...rest] = minutes;
  if (first?.startMs !== openMs || first.close === first.open) return { minutes };
  const phantom = first.open;
  const isPhantom = (price: number): boolean => Math.abs(price - phantom) < HALF_CENT;
  if (!closes.some(isPhantom)) return { minutes };
  const open = first.close;
  const [high, low] = [isPhantom(first.high) ? open : first.high, isPhantom(first.low) ? open : first.low];
  return { minutes: [{ ...first, open, high, low }, ...rest], repair: { date, phantom, open } };
}

/** Where the close of the session before is found, which a phantom opening repeats. */
export function lastMinuteBefore({ date, openMs }: Span): number {
  const before = tradingDay(previousTradingDay(date));
  return before ? before.closeMs - MINUTE_MS : openMs;
}

/** The minutes of a session in an answer that begins with `lastMinuteBefore`, its opening put right. */
export function openedMinutes(
  answer: readonly TradeStationBar[],
  span: Span,
  nowMs: number,
): ReturnType<typeof repairOpening> {
  const minutes = barsOfSpan(answer, { span, shape: { unit: 'Minute', interval: 1 }, endMs: span.closeMs, nowMs });
  const before = tradingDay(previousTradingDay(span.date));
  return repairOpening(minutes, span, before ? closingPrices(answer, before) : []);
}

/** Prices a session ended with: its last bar and settling prints after it. */
function closingPrices(bars: readonly TradeStationBar[], session: { readonly closeMs: number }): number[] {
  const date = newYorkDate(session.closeMs);
  return bars.filter(({ endMs }) => endMs >= session.closeMs && newYorkDate(endMs) === date).map(({ close }) => close);
}
