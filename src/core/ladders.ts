import { newYorkDate } from './calendar.js';
import type { ChainSnapshot, ContractTable } from './model.js';

/** The vendor's expiry sets: all expiries up to 90 days, the nearest date, the one after it. */
export const EXPIRY_SETS = ['full', 'zero', 'one'] as const;
export type ExpirySetName = (typeof EXPIRY_SETS)[number];

const FULL_DAYS = 90;
const DAY_MS = 86_400_000;

/** The contracts of one set, and the strike of each among the set's own. */
export interface ExpirySet {
  /** Indexes into the chain's expiries. */
  readonly expiries: readonly number[];
  /** Contract rows. */
  readonly rows: Int32Array;
  /** Distinct strikes, ascending. */
  readonly strike: Float64Array;
  /** Per entry of `rows`: index into `strike`. */
  readonly strikeOf: Int32Array;
}

/** What the ladders of a contract table consist of, valid until the nearest expiry settles. */
export interface LadderPlan {
  readonly contracts: ContractTable;
  readonly validUntilMs: number;
  /** Calendar days to the nearest expiry date and to the one after it (0 when there is none). */
  readonly minDte: number;
  readonly secMinDte: number;
  readonly sets: Readonly<Record<ExpirySetName, ExpirySet>>;
}

/** Sorts the living expiries of a chain into the vendor's sets; `basis` is added to every strike that is shown. */
export function planLadders(chain: ChainSnapshot, basis = 0): LadderPlan {
  const today = newYorkDate(chain.asOfMs);
  const alive = chain.contracts.expiries
    .map((expiry, index) => ({ index, expiryMs: expiry.expiryMs, days: daysBetween(today, expiry) }))
    .filter(({ expiryMs }) => expiryMs > chain.asOfMs);
  const days = [...new Set(alive.map((expiry) => expiry.days))].sort((a, b) => a - b);
  const [minDte = 0, secMinDte = 0] = days;
  const within = (keep: (days: number) => boolean): ExpirySet =>
    expirySet(
      chain.contracts,
      alive.filter((expiry) => keep(expiry.days)).map((expiry) => expiry.index),
      basis,
    );
  return {
    contracts: chain.contracts,
    validUntilMs: alive.reduce((least, { expiryMs }) => Math.min(least, expiryMs), Number.POSITIVE_INFINITY),
    minDte,
    secMinDte,
    sets: {
      full: within((dte) => dte <= FULL_DAYS),
      zero: within((dte) => dte === days[0]),
      one: within((dte) => dte === days[1]),
    },
  };
}

/**
 * Whether a plan is another one with more contracts: the old ones in their places, the same expiries in the same sets. Then
 * what was remembered of the one holds in the other.
 */
export function continues(plan: LadderPlan, before: LadderPlan): boolean {
  const [now, old] = [plan.contracts, before.contracts];
  const sameExpiry = (i: number): boolean => {
    const [a, b] = [now.expiries[i], old.expiries[i]];
    return a?.root === b?.root && a?.expiryMs === b?.expiryMs;
  };
  return (
    now.length >= old.length &&
    now.expiries.length === old.expiries.length &&
    now.expiries.every((_, i) => sameExpiry(i)) &&
    EXPIRY_SETS.every((name) => sameList(plan.sets[name].expiries, before.sets[name].expiries)) &&
    isPrefix(old.strike, now.strike) &&
    isPrefix(old.side, now.side) &&
    isPrefix(old.expiry, now.expiry)
  );
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && isPrefix(a, b);
}

function isPrefix(start: ArrayLike<number>, whole: ArrayLike<number>): boolean {
  for (let i = 0; i < start.length; i++) if (start[i] !== whole[i]) return false;
  return true;
}

function daysBetween(today: string, expiry: ContractTable['expiries'][number]): number {
  return Math.round((Date.parse(newYorkDate(expiry.expiryMs)) - Date.parse(today)) / DAY_MS);
}

function expirySet(contracts: ContractTable, expiries: readonly number[], basis: number): ExpirySet {
  const wanted = new Set(expiries);
  const rows = Int32Array.from(contracts.expiry.keys()).filter((row) => wanted.has(contracts.expiry[row] as number));
  const strike = Float64Array.from(new Set(Array.from(rows, (row) => contracts.strike[row] as number))).sort();
  const index = new Map(Array.from(strike, (value, i) => [value, i]));
  const strikeOf = rows.map((row) => index.get(contracts.strike[row] as number) as number);
  return { expiries, rows, strike: strike.map((listed) => listed + basis), strikeOf };
}

/** How `sumByStrike` signs puts and scales what it sums, and the column it fills. */
interface StrikeSum {
  readonly putSign: 1 | -1;
  readonly scale: number;
  readonly out: Float64Array;
}

/** Fills `out` with `unit * weight * scale` of a set's contracts by strike; unknown terms add nothing. Returns the total. */
export function sumByStrike(
  set: ExpirySet,
  side: Int8Array,
  unit: Float64Array,
  weight: Float64Array,
  { putSign, scale, out }: StrikeSum,
): number {
  const { rows, strikeOf } = set;
  out.fill(0);
  let sum = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const size = (unit[row] as number) * (weight[row] as number) * scale;
    if (Number.isNaN(size)) continue;
    const term = (side[row] as number) > 0 ? size : putSign * size;
    const at = strikeOf[i] as number;
    out[at] = (out[at] as number) + term;
    sum += term;
  }
  return sum;
}
