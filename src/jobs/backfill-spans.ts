import { newYorkInstant, tradingDay, tradingDays } from '../core/calendar.js';
import { DAY_MS } from '../core/holidays.js';
import type { BarUnit } from '../feeds/tradestation/model.js';

/** The time that bars are asked and kept for at once: a session, or the sessions of a week or month under one bar. */
export interface Span {
  /** Its first session, `YYYY-MM-DD`. */
  readonly date: string;
  /** The last day its bars can be stamped with: its own of a session, Sunday of a week, the last of a month. */
  readonly lastDate: string;
  readonly openMs: number;
  /** Close of its last session. */
  readonly closeMs: number;
}

/** The sort of bars that are asked for. */
export interface BarShape {
  readonly unit: BarUnit;
  /** Minutes per bar; 1 for other units. */
  readonly interval: number;
}

export const MINUTE_MS = 60_000;

/** How a sort of bars is called in the store: `1m`, `5m`, `1h`, `1d`, `1w`, `1mo`. */
export function timeframeOf({ unit, interval }: BarShape): string {
  if (unit === 'Daily') return '1d';
  if (unit === 'Weekly') return '1w';
  if (unit === 'Monthly') return '1mo';
  return interval % 60 === 0 ? `${interval / 60}h` : `${interval}m`;
}

/** The spans with a session from one date to another, ascending; weeks and months are whole ones. */
export function spansOf(unit: BarUnit, from: string, to: string): Span[] {
  const periodOf = PERIODS[unit];
  const first = periodOf(from)[0];
  const last = periodOf(to)[1];
  const spans = new Map<string, Span>();
  for (const date of tradingDays(first, last)) {
    const day = tradingDay(date);
    const [start, lastDate] = periodOf(date);
    if (!day) continue;
    const known = spans.get(start);
    spans.set(start, {
      date: known?.date ?? date,
      lastDate,
      openMs: known?.openMs ?? day.openMs,
      closeMs: day.closeMs,
    });
  }
  return [...spans.values()];
}

/** First and last calendar day of what one bar or session of a unit covers. */
const PERIODS: Readonly<Record<BarUnit, (date: string) => readonly [string, string]>> = {
  Minute: (date) => [date, date],
  Daily: (date) => [date, date],
  Weekly: (date) => {
    const ms = Date.parse(date);
    const mondayMs = ms - ((new Date(ms).getUTCDay() + 6) % 7) * DAY_MS;
    return [isoDate(mondayMs), isoDate(mondayMs + 6 * DAY_MS)];
  },
  Monthly: (date) => {
    const nextMs = Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 1);
    return [`${date.slice(0, 7)}-01`, isoDate(nextMs - DAY_MS)];
  },
};

const isoDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Bars of a span when every minute has one. */
export function expectedBars({ openMs, closeMs }: Span, { unit, interval }: BarShape): number {
  return unit === 'Minute' ? Math.ceil((closeMs - openMs) / (interval * MINUTE_MS)) : 1;
}

/** The last instant that a bar of a span can be stamped with. */
function lastStampMs({ lastDate, closeMs }: Span, { unit }: BarShape): number {
  return unit === 'Minute' ? closeMs : newYorkInstant(lastDate, 23, 59);
}

/** Options on indexes and funds trade that much longer than their underlying (contract section 8). */
const LATE_CLOSE_MS = 15 * MINUTE_MS;

/** When everything about the contracts of a session is told: of bars of minutes the late close, of a day's bar the close. */
export function toldMs({ closeMs }: Span, { unit }: BarShape): number {
  return unit === 'Minute' ? closeMs + LATE_CLOSE_MS : closeMs;
}

/** One request for consecutive spans. */
export interface BarRequest {
  readonly spans: readonly Span[];
  /** Bars end after it. */
  readonly fromMs: number;
  readonly toMs: number;
}

interface RequestOptions {
  readonly shape: BarShape;
  /** Bars of one request at most. */
  readonly most: number;
  /** Where the window of a request that begins with a span begins. */
  readonly fromMs: (span: Span) => number;
}

/** As few requests as hold the missing spans; `all` tells which of them follow each other. */
export function requestsFor(missing: readonly Span[], all: readonly Span[], options: RequestOptions): BarRequest[] {
  const { shape, most, fromMs } = options;
  const place = new Map(all.map((span, i) => [span.date, i]));
  const stepMs = shape.unit === 'Minute' ? shape.interval * MINUTE_MS : Number.POSITIVE_INFINITY;
  const requests: { spans: Span[]; fromMs: number; toMs: number }[] = [];
  for (const span of missing) {
    const last = requests.at(-1);
    const before = last?.spans.at(-1);
    const follows = before && (place.get(before.date) ?? Number.NaN) + 1 === place.get(span.date);
    const toMs = lastStampMs(span, shape);
    if (last && follows && (toMs - last.fromMs) / stepMs <= most) {
      last.spans.push(span);
      last.toMs = toMs;
    } else requests.push({ spans: [span], fromMs: fromMs(span), toMs });
  }
  return requests;
}
