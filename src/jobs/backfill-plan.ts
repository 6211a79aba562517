import { newYorkDate } from '../core/calendar.js';
import { DAY_MS } from '../core/holidays.js';
import { isIndex } from '../core/settlement.js';
import { MAX_BARS } from '../feeds/tradestation/bars.js';
import { paceOf, RESOURCES } from '../feeds/tradestation/resources.js';
import { symbolsOf, type UnderlyingSymbols } from '../feeds/tradestation/symbols.js';
import type { BarTable } from '../stores/sql/bars.js';
import { lastMinuteBefore } from './backfill-bars.js';
import type { Sampling } from './backfill-choice.js';
import {
  type BarRequest,
  type BarShape,
  expectedBars,
  requestsFor,
  type Span,
  spansOf,
  timeframeOf,
  toldMs,
} from './backfill-spans.js';

export interface BackfillOptions extends BarShape, Sampling {
  /** `SPY`, `SPX`, or the vendor's `$SPX.X`. */
  readonly underlying: string;
  /** Calendar days before today; today counts too. */
  readonly lookbackDays: number;
}

/** What a backfill has to do, from the calendar and the store alone. */
export interface BackfillPlan {
  readonly symbols: UnderlyingSymbols;
  readonly shape: BarShape;
  /** As the vendor is asked: an index by the minute, or its opening cannot be put right. */
  readonly asked: BarShape;
  readonly timeframe: string;
  /** `YYYY-MM-DD`. */
  readonly from: string;
  readonly to: string;
  readonly nowMs: number;
  /** Sessions (weeks, months) that have begun, ascending. */
  readonly spans: readonly Span[];
  /** Dates of those whose bars of the underlying are all there. */
  readonly held: ReadonlySet<string>;
  /** Bars of the underlying that are missing. */
  readonly requests: readonly BarRequest[];
  /** Contracts that were chosen for a session and fetched, by its date. */
  readonly chosen: ReadonlyMap<string, number>;
  /** Whether contracts are sampled at all: not of weeks and months. */
  readonly sampled: boolean;
  /** Sessions whose contracts are missing. */
  readonly contracts: readonly Span[];
}

/** An answer without bars is believed once the session has been over for that long. */
const SETTLED_MS = DAY_MS;

/** Compares the sessions of the window with the store. GexError `storage`. */
export async function planBackfill(
  options: BackfillOptions,
  bars: BarTable | undefined,
  nowMs: number,
): Promise<BackfillPlan> {
  const { unit, interval, lookbackDays } = options;
  const shape = { unit, interval };
  const symbols = symbolsOf(options.underlying);
  const repairs = unit === 'Minute' && isIndex(symbols.underlying);
  const asked = repairs ? { unit, interval: 1 } : shape;
  const to = newYorkDate(nowMs);
  const from = new Date(Date.parse(to) - lookbackDays * DAY_MS).toISOString().slice(0, 10);
  const spans = spansOf(unit, from, to).filter(({ openMs }) => openMs < nowMs);
  const subject = { symbols, shape, spans, nowMs };
  const held = await heldSpans(subject, bars);
  const chosen = await chosenSpans(subject, choicePart(options), bars);
  const missing = spans.filter((span) => !held.has(span.date) && (unit === 'Minute' || span.closeMs <= nowMs));
  const fromMs = repairs ? lastMinuteBefore : (span: Span) => span.openMs;
  const sampled = options.expirations > 0 && (unit === 'Minute' || unit === 'Daily');
  return {
    ...{ symbols, shape, asked, timeframe: timeframeOf(shape), from, to, nowMs, spans, held, chosen, sampled },
    requests: requestsFor(missing, spans, { shape: asked, most: MAX_BARS, fromMs }),
    contracts: sampled
      ? spans.filter((span) => !chosen.has(span.date) && (unit === 'Minute' || span.closeMs <= nowMs))
      : [],
  };
}

type Subject = Pick<BackfillPlan, 'symbols' | 'shape' | 'spans' | 'nowMs'>;

/** Spans that nothing is missing of: every bar is there, or all that the vendor had up to the close. */
async function heldSpans({ symbols, shape, spans }: Subject, bars: BarTable | undefined): Promise<Set<string>> {
  const held = new Set<string>();
  if (!bars) return held;
  const timeframe = timeframeOf(shape);
  const rows = new Map((await bars.spans(symbols.underlying, timeframe, 'bars')).map((row) => [row.date, row]));
  for (const span of spans) {
    const there = await bars.count(symbols.underlying, timeframe, span.openMs, span.closeMs);
    const row = rows.get(span.date);
    const isTold = row !== undefined && row.throughMs >= span.closeMs && there >= row.items;
    const isEmpty = row?.items === 0 && row.fetchedMs < span.closeMs + SETTLED_MS;
    if (there >= expectedBars(span, shape) || (isTold && !isEmpty)) held.add(span.date);
  }
  return held;
}

/** The part of a session's contracts in the store: another choice is another part. */
export function choicePart({ expirations, strikeDistance, sampleEvery }: Sampling): string {
  return `contracts ${expirations}/${strikeDistance}/${sampleEvery}`;
}

async function chosenSpans(
  { symbols, shape, spans }: Subject,
  part: string,
  bars: BarTable | undefined,
): Promise<Map<string, number>> {
  const rows = (await bars?.spans(symbols.underlying, timeframeOf(shape), part)) ?? [];
  const byDate = new Map(rows.map((row) => [row.date, row]));
  return new Map(
    spans.flatMap((span) => {
      const row = byDate.get(span.date);
      return row && row.throughMs >= toldMs(span, shape) ? [[span.date, row.items] as const] : [];
    }),
  );
}

/** What a backfill would take. */
export interface BackfillEstimate {
  /** For bars of the underlying: exact. */
  readonly barRequests: number;
  /** For expirations, strikes and contracts, by the usual distance of strikes: about that many at most. */
  readonly contractRequests: number;
  /** At the rate budget of the vendor. */
  readonly seconds: number;
}

/** Usual distances of strikes near the money, points (contract section 11). */
const STRIKE_STEP = { index: 5, other: 1 };

/** Counts the requests of a plan. A contract is asked for once, however many sessions follow it. */
export function estimateBackfill(plan: BackfillPlan, sampling: Sampling): BackfillEstimate {
  const { requests, contracts, symbols } = plan;
  const step = isIndex(symbols.underlying) ? STRIKE_STEP.index : STRIKE_STEP.other;
  const strikes = Math.floor((2 * sampling.strikeDistance) / step / sampling.sampleEvery) + 1;
  const listing = symbols.chains.length * (1 + sampling.expirations);
  // The first session takes all its expirations, each later one the one that came in.
  const expirations = contracts.length === 0 ? 0 : sampling.expirations + contracts.length - 1;
  const contractRequests = contracts.length === 0 ? 0 : listing + 2 * strikes * expirations;
  const { intervalMs, burst } = paceOf(RESOURCES.bars);
  const waiting = Math.max(0, requests.length + contractRequests - burst);
  return { barRequests: requests.length, contractRequests, seconds: Math.ceil((waiting * intervalMs) / 1000) };
}
