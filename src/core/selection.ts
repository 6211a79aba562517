import type { ChainSnapshot, Expiry } from './model.js';

/** The chain of some of its expiries: their contracts in the same order. Rows the reader rejected stay counted. */
export function selectExpiries(chain: ChainSnapshot, keep: (expiry: Expiry, index: number) => boolean): ChainSnapshot {
  const { contracts } = chain;
  const kept = contracts.expiries.map(keep);
  if (kept.every(Boolean)) return chain;
  const renumbered = new Map<number, number>();
  const expiries = contracts.expiries.filter((_, index) => {
    if (kept[index]) renumbered.set(index, renumbered.size);
    return kept[index];
  });
  const rows: number[] = [];
  contracts.expiry.forEach((expiry, row) => {
    if (kept[expiry]) rows.push(row);
  });
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row] as number);
  return {
    ...chain,
    contracts: {
      length: rows.length,
      symbol: rows.map((row) => contracts.symbol[row] as string),
      strike: pick(contracts.strike),
      side: Int8Array.from(rows, (row) => contracts.side[row] as number),
      expiry: Uint16Array.from(rows, (row) => renumbered.get(contracts.expiry[row] as number) as number),
      expiries,
      multiplier: pick(contracts.multiplier),
    },
    bid: pick(chain.bid),
    ask: pick(chain.ask),
    last: pick(chain.last),
    iv: pick(chain.iv),
    openInterest: pick(chain.openInterest),
    volume: pick(chain.volume),
    ...(chain.vendor === undefined
      ? {}
      : { vendor: { delta: pick(chain.vendor.delta), gamma: pick(chain.vendor.gamma) } }),
    ...(chain.dealerPosition === undefined ? {} : { dealerPosition: pick(chain.dealerPosition) }),
  };
}
