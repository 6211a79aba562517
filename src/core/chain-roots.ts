import type { ContractTable } from './model.js';
import { isAdjustedRoot, underlyingOf } from './settlement.js';

function contractsByRoot(contracts: ContractTable): Map<string, number> {
  const counts = new Float64Array(contracts.expiries.length);
  for (const expiry of contracts.expiry) counts[expiry] = (counts[expiry] as number) + 1;
  const roots = new Map<string, number>();
  contracts.expiries.forEach(({ root }, i) => {
    roots.set(root, (roots.get(root) ?? 0) + (counts[i] as number));
  });
  return roots;
}

/** The underlying of most contracts. */
export function commonUnderlying(contracts: ContractTable): string {
  const counts = new Map<string, number>();
  for (const [root, count] of contractsByRoot(contracts)) {
    const underlying = underlyingOf(root);
    counts.set(underlying, (counts.get(underlying) ?? 0) + count);
  }
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** One sentence per root whose contracts deliver something else than 100 shares. */
export function adjustedWarnings(contracts: ContractTable): string[] {
  return [...contractsByRoot(contracts)]
    .filter(([root]) => isAdjustedRoot(root))
    .map(([root, count]) => `${count} contracts of the adjusted root ${root} are counted at their listed multiplier`);
}
