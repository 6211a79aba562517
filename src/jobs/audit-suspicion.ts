import type { TradingDay } from '../core/calendar.js';

/** What is known of the lines of a record file; times epoch ms. */
export interface FileFacts {
  readonly rows: number;
  readonly firstMs?: number;
  readonly lastMs?: number;
  /** Pauses of more than 120 s, and the widest of them. */
  readonly gaps?: number;
  readonly widestGapMs?: number;
}

/** Why a file that is held deserves a look; a closed set for programs. */
export type SuspicionKind = 'empty' | 'late' | 'early' | 'gaps' | 'few' | 'torn' | 'differs';

export interface Suspicion {
  readonly kind: SuspicionKind;
  /** For people, such as `begins at 09:47:00 New York`. */
  readonly text: string;
}

/** A first record after the first minute of the session is late, a last one before its last minute early (contract section 4.11). */
const MINUTE_MS = 60_000;
/** Of the median of the days before (contract section 4.11). */
const FEWEST_ROWS = 0.9;
export const MEDIAN_DAYS = 20;
/** A median of fewer days says nothing. */
const LEAST_DAYS = 5;

/**
 * What is odd about a file of a session; `pace` is the median of rows per hour of the same ticker and category, so that
 * half days are compared with whole ones.
 */
export function suspicionsOf(facts: FileFacts, session: TradingDay, pace: number | undefined): Suspicion[] {
  const { rows, firstMs, lastMs, gaps = 0, widestGapMs } = facts;
  if (rows === 0) return [{ kind: 'empty', text: 'has no records' }];
  const found: Suspicion[] = [];
  if (firstMs !== undefined && firstMs > session.openMs + MINUTE_MS) {
    found.push({ kind: 'late', text: `begins at ${newYorkTime(firstMs)} New York` });
  }
  if (lastMs !== undefined && lastMs < session.closeMs - MINUTE_MS) {
    found.push({ kind: 'early', text: `ends at ${newYorkTime(lastMs)} New York` });
  }
  if (gaps > 0) found.push({ kind: 'gaps', text: gapText(gaps, widestGapMs) });
  const expected = pace === undefined ? 0 : pace * hoursOf(session);
  if (rows < FEWEST_ROWS * expected) {
    const share = Math.floor((100 * rows) / expected);
    found.push({ kind: 'few', text: `${rows} rows, ${share} % of the ${MEDIAN_DAYS}-day median` });
  }
  return found;
}

/** Rows per hour of a session. */
export function paceOf(rows: number, session: TradingDay): number {
  return rows / hoursOf(session);
}

/** The median of the paces of the days before; undefined when there are fewer than five. */
export function medianPace(before: readonly number[]): number | undefined {
  const sorted = before.slice(-MEDIAN_DAYS).sort((a, b) => a - b);
  if (sorted.length < LEAST_DAYS) return undefined;
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

function gapText(gaps: number, widestGapMs: number | undefined): string {
  const widest =
    widestGapMs === undefined ? '' : `${gaps > 1 ? ', the widest' : ''} of ${Math.round(widestGapMs / 1000)} s`;
  return `${gaps} ${gaps === 1 ? 'gap' : 'gaps'}${widest}`;
}

const hoursOf = ({ openMs, closeMs }: TradingDay): number => (closeMs - openMs) / 3_600_000;

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', timeStyle: 'medium' });

const newYorkTime = (ms: number): string => CLOCK.format(ms);
