/** Which contracts of an underlying are followed. */

/** The strikes of one expiry of one root. */
export interface ListedExpiry {
  readonly root: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Settlement, epoch ms. */
  readonly expiryMs: number;
  /** Ascending. */
  readonly strikes: readonly number[];
}

/** The strikes within reach of a spot. */
export interface Selection {
  /** The spot it is centred on. */
  readonly centre: number;
  readonly expiries: readonly ListedExpiry[];
}

/** The next `count` expiration dates that have not settled at an instant, every root of each: a third Friday has two. */
export function nextExpiries<T extends { readonly date: string; readonly expiryMs: number }>(
  listed: readonly T[],
  count: number,
  atMs: number,
): T[] {
  const open = listed.filter(({ expiryMs }) => expiryMs > atMs);
  const dates = [...new Set(open.map(({ date }) => date))].sort().slice(0, count);
  return open.filter(({ date }) => dates.includes(date));
}

/** The listed strikes within `distance` (points of the underlying) of spot, the nearest one at least. */
export function selectStrikes(listed: readonly ListedExpiry[], spot: number, distance: number): Selection {
  const expiries = listed.flatMap((expiry) => {
    const near = expiry.strikes.filter((strike) => Math.abs(strike - spot) <= distance);
    const strikes = near.length > 0 ? near : nearest(expiry.strikes, spot);
    return strikes.length === 0 ? [] : [{ ...expiry, strikes }];
  });
  return { centre: spot, expiries };
}

function nearest(strikes: readonly number[], spot: number): number[] {
  const [first, ...rest] = strikes;
  if (first === undefined) return [];
  return [rest.reduce((best, strike) => (Math.abs(strike - spot) < Math.abs(best - spot) ? strike : best), first)];
}

/** Part of the distance that spot may move before the strikes are chosen anew: they still reach half as far ahead. */
const RECENTRE_SHARE = 0.5;

/** Whether spot has left the middle of a selection. */
export function isOffCentre({ centre }: Selection, spot: number, distance: number): boolean {
  return Math.abs(spot - centre) > RECENTRE_SHARE * distance;
}
