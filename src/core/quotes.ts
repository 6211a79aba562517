import type { ChainSnapshot, ContractTable } from './model.js';

/** Why a contract adds nothing to exposures, or `priced`; the index is the code in columns. */
export const EXCLUSIONS = [
  'priced',
  'expired',
  'no-time',
  'bad-strike',
  'no-quote',
  'crossed-quote',
  'wide-quote',
  'below-intrinsic',
  'above-maximum',
  'at-intrinsic',
  'underflow',
  'no-iv',
  'no-greeks',
] as const;

type Exclusion = (typeof EXCLUSIONS)[number];

export const PRICED = 0;

/** The code of a reason. */
export const exclusionCode = (reason: Exclusion): number => EXCLUSIONS.indexOf(reason);

export interface Mids {
  /** Middle of bid and ask; NaN where the quote is not usable. */
  readonly mid: Float64Array;
  /** Exclusion code per contract; `priced` where the quote is usable. */
  readonly reason: Uint8Array;
}

/** The middle of every two-sided quote no wider than `maxSpread` of itself; no bid, crossed and wide quotes keep their reason. */
export function midsOf(chain: ChainSnapshot, maxSpread: number): Mids {
  const { bid, ask, contracts } = chain;
  const mid = new Float64Array(contracts.length).fill(Number.NaN);
  const reason = new Uint8Array(contracts.length);
  const [none, crossed, wide] = (['no-quote', 'crossed-quote', 'wide-quote'] as const).map(exclusionCode);
  for (let row = 0; row < contracts.length; row++) {
    const low = bid[row] as number;
    const high = ask[row] as number;
    const middle = 0.5 * (low + high);
    if (!(low > 0 && high > 0)) reason[row] = none as number;
    else if (high < low) reason[row] = crossed as number;
    else if (high - low > maxSpread * middle) reason[row] = wide as number;
    else mid[row] = middle;
  }
  return { mid, reason };
}

/** For every contract the row of the other right with the same expiry and strike; -1 where there is none. */
export function partnersOf(contracts: ContractTable): Int32Array {
  const partner = new Int32Array(contracts.length).fill(-1);
  const waiting = contracts.expiries.map(() => new Map<number, number>());
  for (let row = 0; row < contracts.length; row++) {
    const strike = contracts.strike[row] as number;
    const rows = waiting[contracts.expiry[row] as number];
    const other = rows?.get(strike);
    if (other === undefined) rows?.set(strike, row);
    else if (contracts.side[other] !== contracts.side[row] && partner[other] === -1) {
      partner[row] = other;
      partner[other] = row;
    }
  }
  return partner;
}
