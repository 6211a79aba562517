import { newYorkDate, tradingDay } from '../core/calendar.js';
import { listDates, listStreams } from '../stores/archive/days.js';
import type { StreamKey } from '../wire/catalogue.js';

/** The files of the newest finished session that holds the ticker; none when there is no such session. */
export async function newestFinished(root: string, ticker: string, nowMs: number): Promise<readonly StreamKey[]> {
  for (const date of (await listDates(root)).reverse()) {
    if (!isFinished(date, nowMs)) continue;
    const keys = (await listStreams(root, date)).filter((key) => key.ticker === ticker);
    if (keys.length > 0) return keys;
  }
  return [];
}

/** A day without a session is over when its date is. */
function isFinished(date: string, nowMs: number): boolean {
  const today = newYorkDate(nowMs);
  if (date !== today) return date < today;
  const session = tradingDay(date);
  return session !== undefined && session.closeMs <= nowMs;
}
