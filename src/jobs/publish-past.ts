import { setImmediate as turn } from 'node:timers/promises';
import type { LadderPlan } from '../core/ladders.js';
import { recentLines } from '../stores/archive/recent.js';
import { CATEGORIES } from '../wire/catalogue.js';
import { onWire } from '../wire/decimal.js';
import { readLadder, type ShownLadder } from '../wire/ladder.js';
import { GEX_PRIOR_MINUTES } from '../wire/record.js';
import type { ColumnHistory } from './history.js';

/** What earlier records of a session say of their ladders: by category as in CATEGORIES, ascending by time. */
export type Past = readonly (readonly ShownLadder[])[];

const LONGEST_MS = Math.max(...GEX_PRIOR_MINUTES) * 60_000;

/** The ladders that records after `lastMs` can look back to, from the archive's records up to it. GexError `storage`. */
export async function readPast(
  { root, date, ticker }: { readonly root: string; readonly date: string; readonly ticker: string },
  lastMs: number,
): Promise<Past> {
  const past: ShownLadder[][] = [];
  for (const { package: packageName, category, shape } of CATEGORIES) {
    const ladders: ShownLadder[] = [];
    past.push(ladders);
    if (shape === 'orderflow') continue;
    const key = { date, ticker, package: packageName, category };
    for await (const line of recentLines(root, key, lastMs - LONGEST_MS)) {
      const ladder = readLadder(shape, line);
      if (ladder && ladder.atMs <= lastMs) ladders.push(ladder);
    }
    ladders.reverse();
    await turn(); // half an hour of a category is some milliseconds of parsing
  }
  return past;
}

/** Fills a history with the ladders of the same expiries, in the places of `strike`; strikes that are not there are 0. */
export function recall(
  history: ColumnHistory,
  ladders: readonly ShownLadder[],
  { plan, strike }: { readonly plan: LadderPlan; readonly strike: Float64Array },
): void {
  const rowOf = new Map(Array.from(strike, (value, row) => [onWire(value, 2), row]));
  const column = new Float64Array(strike.length);
  for (const { atMs, minDte, secMinDte, ...ladder } of ladders) {
    if (minDte !== plan.minDte || secMinDte !== plan.secMinDte) continue;
    column.fill(0);
    for (const [i, shown] of ladder.strike.entries()) {
      const row = rowOf.get(shown);
      if (row !== undefined) column[row] = ladder.value[i] as number;
    }
    history.push(atMs, column);
  }
}
