import { portableLog } from '../portable.js';
import type { RandomStream } from '../random.js';
import type { Listing } from './listing.js';
import { arrivals, heavyTailed } from './process.js';
import type { SynthTicker } from './tickers.js';

/** The trades of one second as columns, valid until the next one is drawn. */
export interface TradeBatch {
  length: number;
  /** Row of the contract. */
  contract: Int32Array;
  size: Int32Array;
  /** +1 the buyer hit the ask, -1 the seller hit the bid, 0 unknown. */
  aggressor: Int8Array;
}

/** Mean size of `drawSize`, found by summing its distribution: contracts per trade. */
const MEAN_SIZE = 4.54;
const drawSize = (random: RandomStream): number => heavyTailed(random, 2, 0.6, 2000);

/** Share of the day's volume that trades in the opening rotation, at second 0. */
const OPENING_SHARE = 0.004;
/** How far the day's ends are busier than its middle. */
const SMILE_OF_THE_DAY = 1.8;
/** Volume of an expiry falls by this factor per expiry further out. */
const NEXT_EXPIRY = 0.55;
const OUT_OF_THE_MONEY = 0.8;
const ROUND_STRIKE = 0.3;
const UNKNOWN_AGGRESSOR = 0.04;
/** Customers sell more calls and buy more puts than the other way. */
const CALL_BOUGHT = 0.46;
const PUT_BOUGHT = 0.55;

/** Draws the trades of a session, second by second. */
interface TradeSource {
  /** Fills `batch` with the trades of second `second` (0: the opening rotation) at a spot and standard deviations by expiry. */
  draw(second: number, spot: number, deviations: Float64Array): void;
  readonly batch: TradeBatch;
}

/** The trade source of one ticker-day. `seconds` is the length of the session. */
export function tradeSource(ticker: SynthTicker, listing: Listing, seconds: number, random: RandomStream): TradeSource {
  const perDay = ticker.dailyVolume / MEAN_SIZE;
  const { contracts, firstPair } = listing;
  const expiryShares = cumulativeShares(contracts.expiries.length);
  const batch: TradeBatch = {
    length: 0,
    contract: new Int32Array(1024),
    size: new Int32Array(1024),
    aggressor: new Int8Array(1024),
  };
  /** Trades expected in a second: the mean of 1 + s (2x - 1)^2 over the day is 1 + s / 3. */
  const expected = (second: number): number => {
    if (second === 0) return perDay * OPENING_SHARE;
    const x = second / seconds;
    const shape = (1 + SMILE_OF_THE_DAY * (2 * x - 1) ** 2) / (1 + SMILE_OF_THE_DAY / 3);
    return (perDay * (1 - OPENING_SHARE) * shape) / seconds;
  };
  const drawContract = (spot: number, deviations: Float64Array): number => {
    const expiry = pick(expiryShares, random.uniform());
    const width = Math.max(deviations[expiry] as number, (2 * ticker.strikeStep) / spot);
    const u = random.uniform() - 0.5;
    const away = 0.8 * width * portableLog(1 - 2 * Math.abs(u));
    const centre = spot * (1 + (u < 0 ? away : -away));
    const snap = random.uniform() < ROUND_STRIKE ? 5 * ticker.strikeStep : ticker.strikeStep;
    const wanted = Math.round(centre / snap) * snap;
    const pair = nearestStrike(contracts.strike, firstPair[expiry] as number, firstPair[expiry + 1] as number, wanted);
    const above = (contracts.strike[2 * pair] as number) >= spot;
    const call = above === random.uniform() < OUT_OF_THE_MONEY;
    return 2 * pair + (call ? 0 : 1);
  };
  return {
    batch,
    draw(second, spot, deviations) {
      const count = arrivals(random, expected(second));
      if (count > batch.contract.length) grow(batch, 2 * count);
      for (let i = 0; i < count; i++) {
        const contract = drawContract(spot, deviations);
        batch.contract[i] = contract;
        batch.size[i] = drawSize(random);
        const u = random.uniform();
        const bought = UNKNOWN_AGGRESSOR + (1 - UNKNOWN_AGGRESSOR) * ((contract & 1) === 0 ? CALL_BOUGHT : PUT_BOUGHT);
        batch.aggressor[i] = u < UNKNOWN_AGGRESSOR ? 0 : u < bought ? 1 : -1;
      }
      batch.length = count;
    },
  };
}

function cumulativeShares(expiries: number): Float64Array {
  const shares = new Float64Array(expiries);
  let sum = 0;
  let share = 1;
  for (let i = 0; i < expiries; i++, share *= NEXT_EXPIRY) {
    sum += Math.max(share, 0.01);
    shares[i] = sum;
  }
  return shares.map((value) => value / sum);
}

function pick(cumulative: Float64Array, u: number): number {
  let i = 0;
  while (i < cumulative.length - 1 && u > (cumulative[i] as number)) i++;
  return i;
}

/** The pair in [from, to) whose strike is nearest to `wanted`; `strike` holds every strike twice. */
function nearestStrike(strike: Float64Array, from: number, to: number, wanted: number): number {
  let low = from;
  let high = to - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((strike[2 * middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  if (low > from && wanted - (strike[2 * low - 2] as number) <= (strike[2 * low] as number) - wanted) return low - 1;
  return low;
}

function grow(batch: TradeBatch, capacity: number): void {
  batch.contract = new Int32Array(capacity);
  batch.size = new Int32Array(capacity);
  batch.aggressor = new Int8Array(capacity);
}
