import type { ChainSnapshot } from '../core/model.js';
import { snapshotOf, volatilityColumn } from '../core/synth/chain.js';
import type { SyntheticSession } from '../core/synth/session.js';

/** The chain of a session at ascending instants, which it is moved on to. The columns of a chain change with the next. */
export function chainsOf(session: SyntheticSession): (atMs: number) => ChainSnapshot {
  const volatilities = volatilityColumn(session);
  const listed = snapshotOf(session);
  return (atMs) => {
    while (session.atMs < atMs) session.advance();
    // Columns change in place; only what is plain has to be said again. Quotes are not needed: volatilities are known.
    const { spot, volume, openInterest, dealerPosition } = session;
    return { ...listed, asOfMs: atMs, spot, iv: volatilities(), volume, openInterest, dealerPosition };
  };
}
