import type { TradingDay } from '../../../core/calendar.js';
import { randomStream } from '../../../core/random.js';
import { type SessionOptions, startPath } from '../../../core/synth/path.js';
import { postMarketMs, preMarketMs, tradesExtended } from './hours.js';

const MINUTE_MS = 60_000;
/** Share of the minutes outside the session in which nothing trades, so that no bar forms. */
const QUIET_MINUTES = 0.3;
/** Volatility of a minute outside the session, over the one of a minute inside it. */
const EXTENDED_CALM = 0.4;

/** Trading outside the session by minutes; a minute without volume has the price of the one before. */
interface ExtendedMinutes {
  readonly startMs: number;
  readonly price: Float64Array;
  /** Shares of the minute; 0: no trade. */
  readonly volume: Float64Array;
}

/** One underlying on one session date, second by second: columns of the regular session, minutes around it. */
export interface UnderlyingDay {
  readonly day: TradingDay;
  readonly price: Float64Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  /** Highest and lowest price up to each second. */
  readonly high: Float64Array;
  readonly low: Float64Array;
  /** Shares since the open, up to and including each second. */
  readonly volume: Float64Array;
  /** Sum of price times shares, likewise. */
  readonly turnover: Float64Array;
  /** Variance per year that the volatility surface starts from. */
  readonly variance: Float64Array;
  readonly pre: ExtendedMinutes;
  readonly post: ExtendedMinutes;
}

/** The whole day at once: some ten milliseconds. `previousClose` is where trading before the open starts, asked for when needed. */
export function underlyingDay(options: SessionOptions, previousClose: () => number): UnderlyingDay {
  const { ticker, day, seed } = options;
  const seconds = Math.round((day.closeMs - day.openMs) / 1000);
  const column = (): Float64Array => new Float64Array(seconds);
  const columns = { price: column(), bid: column(), ask: column(), high: column(), low: column() };
  const sums = { volume: column(), turnover: column(), variance: column() };
  const path = startPath(options);
  let [high, low, volume, turnover] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  for (let second = 0; second < seconds; second++) {
    if (second > 0) path.advance();
    const { price, bid, ask, volume: shares } = path.tick;
    high = Math.max(high, price);
    low = Math.min(low, price);
    volume += shares;
    turnover += shares * price;
    columns.price[second] = price;
    columns.bid[second] = bid;
    columns.ask[second] = ask;
    columns.high[second] = high;
    columns.low[second] = low;
    sums.volume[second] = volume;
    sums.turnover[second] = turnover;
    sums.variance[second] = path.variance;
  }
  const minuteMove = EXTENDED_CALM * (ticker.volatility / Math.sqrt(252 * 390));
  const open = columns.price[0] as number;
  const close = columns.price[seconds - 1] as number;
  const none = { startMs: day.openMs, price: new Float64Array(0), volume: new Float64Array(0) };
  if (!tradesExtended(ticker)) return { day, ...columns, ...sums, pre: none, post: { ...none, startMs: day.closeMs } };
  const walk = (name: string, startMs: number, endMs: number, from: number, to: number | undefined): ExtendedMinutes =>
    extendedMinutes(startMs, endMs, {
      from,
      to,
      move: minuteMove,
      random: randomStream(seed, day.date, ticker.driver, name),
    });
  let pre: ExtendedMinutes | undefined;
  return {
    ...{ day, ...columns, ...sums },
    get pre() {
      pre ??= walk('pre-market', preMarketMs(day), day.openMs, previousClose(), open);
      return pre;
    },
    post: walk('post-market', day.closeMs, postMarketMs(day), close, undefined),
  };
}

interface Walk {
  readonly from: number;
  /** Where it has to arrive; undefined: anywhere. */
  readonly to: number | undefined;
  /** Standard deviation of a minute's return. */
  readonly move: number;
  readonly random: ReturnType<typeof randomStream>;
}

/** A random walk, bent into a bridge where it has to arrive somewhere. */
function extendedMinutes(startMs: number, endMs: number, { from, to, move, random }: Walk): ExtendedMinutes {
  const minutes = Math.round((endMs - startMs) / MINUTE_MS);
  const walk = new Float64Array(minutes + 1);
  for (let i = 1; i <= minutes; i++) walk[i] = (walk[i - 1] as number) + move * random.normal();
  const price = new Float64Array(minutes);
  const volume = new Float64Array(minutes);
  let last = from;
  for (let i = 0; i < minutes; i++) {
    const share = (i + 1) / minutes;
    const bend = to === undefined ? 0 : to / from - 1 - (walk[minutes] as number);
    const quiet = random.uniform() < QUIET_MINUTES;
    const shares = Math.floor(50 + 4000 * random.uniform() ** 3);
    if (!quiet) last = Math.round(from * (1 + (walk[i + 1] as number) + share * bend) * 100) / 100;
    price[i] = last;
    volume[i] = quiet ? 0 : shares;
  }
  return { startMs, price, volume };
}
