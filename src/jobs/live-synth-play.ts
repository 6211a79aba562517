import { newYorkDate, nextTradingDay, previousTradingDay, type TradingDay, tradingDay } from '../core/calendar.js';
import { sessionOf } from '../core/synth/chain.js';

/** A session and when its instants happen on the clock. */
export interface Play {
  readonly day: TradingDay;
  /** Epoch ms of the clock at which an instant of the session is due. */
  dueMs(atMs: number): number;
  /** The instant that is due at a time of the clock, epoch ms; beyond the close after the session. */
  instantAt(nowMs: number): number;
  /** A session that is over plays as if it had opened now; otherwise it happens on the clock itself. */
  readonly again: boolean;
}

/**
 * What plays at an instant: the session under way, in its own time, where there is one and `speed` is 1; else the last
 * session that is over, from its open on, so that no record lies in the future.
 */
export function playNow(nowMs: number, speed: number): Play {
  const date = newYorkDate(nowMs);
  const today = tradingDay(date);
  const isOpen = today !== undefined && nowMs >= today.openMs && nowMs < today.closeMs;
  if (today !== undefined && isOpen && speed === 1) return onTheClock(today);
  const day = today !== undefined && nowMs >= today.closeMs ? today : sessionOf(previousTradingDay(date));
  return {
    ...{ day, again: true },
    dueMs: (atMs) => nowMs + (atMs - day.openMs) / speed,
    instantAt: (laterMs) => day.openMs + (laterMs - nowMs) * speed,
  };
}

/** What plays after the session of a date, in its own time: today's unless it is over, else the next one. */
export function playAfter(date: string, nowMs: number): Play {
  const now = newYorkDate(nowMs);
  const today = tradingDay(now);
  if (today !== undefined && now > date && nowMs < today.closeMs) return onTheClock(today);
  return onTheClock(sessionOf(nextTradingDay(now > date ? now : date)));
}

function onTheClock(day: TradingDay): Play {
  return { day, again: false, dueMs: (atMs) => atMs, instantAt: (nowMs) => nowMs };
}
