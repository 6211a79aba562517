import { expect } from 'vitest';
import { createKeeper } from '../../src/jobs/stream-checkpoint.js';
import { quietCtx } from './ctx.js';

/** Of a contract in a session so far. */
interface KeptContract {
  readonly volume: number;
  readonly net: number;
  readonly unsided: number;
}

interface KeptState {
  readonly atMs: number;
  readonly contracts: ReadonlyMap<string, KeptContract>;
}

/** What `gex stream` has kept of a session for its next start. */
export async function keptState(root: string, date: string, ticker = 'HEALTH'): Promise<KeptState> {
  const found = await createKeeper({ root, ticker, date }, quietCtx()).restore(0);
  if (!found) throw new Error('no state was kept');
  const rows = [...found.book.contracts].map(
    ([symbol, [volume = 0, net = 0, unsided = 0]]) => [symbol, { volume: volume || 0, net, unsided }] as const,
  );
  return { atMs: found.atMs, contracts: new Map(rows) };
}

/**
 * What went by between two states of a session is at most what was traded: no trade counts twice, none is lost. Returns how
 * many contracts held more than was traded since: a fresh start would show in them.
 */
export function expectGoneOn(before: KeptState, after: KeptState): number {
  let telling = 0;
  for (const [symbol, was] of before.contracts) {
    const is = after.contracts.get(symbol) ?? was;
    const traded = is.volume - was.volume;
    expect(traded, symbol).toBeGreaterThanOrEqual(0);
    expect(Math.abs(is.net - was.net) + is.unsided - was.unsided, symbol).toBeLessThanOrEqual(traded);
    expect(is.unsided, symbol).toBeGreaterThanOrEqual(was.unsided);
    if (Math.abs(was.net) > traded) telling += 1;
  }
  return telling;
}
