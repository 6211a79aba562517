import { newYorkDate, nextTradingDay, type TradingDay, tradingDay } from './calendar.js';

/** Whether the regular session is on at an instant, and which one is on or comes next. */
interface MarketHours {
  readonly open: boolean;
  readonly session: TradingDay;
}

/** Regular hours of shares and indexes at an instant, epoch ms. RangeError outside the years of the calendar. */
export function marketHours(atMs: number): MarketHours {
  const date = newYorkDate(atMs);
  const today = tradingDay(date);
  const session = today && atMs < today.closeMs ? today : tradingDay(nextTradingDay(date));
  if (!session) throw new RangeError(`no session follows ${date}`);
  return { open: atMs >= session.openMs && atMs < session.closeMs, session };
}
