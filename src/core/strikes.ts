import type { ContractTable } from './model.js';

/** The distinct strikes of a chain, ascending, and the index of each contract's strike among them. */
interface StrikeGroups {
  readonly strikes: Float64Array;
  readonly groupOf: Uint32Array;
}

/** Roots and expiries that share a strike share a group. */
export function strikeGroups(contracts: ContractTable): StrikeGroups {
  const strikes = Float64Array.from(new Set(contracts.strike)).sort();
  const index = new Map<number, number>();
  strikes.forEach((strike, i) => {
    index.set(strike, i);
  });
  return { strikes, groupOf: Uint32Array.from(contracts.strike, (strike) => index.get(strike) as number) };
}
