import { existsSync } from 'node:fs';
import { mapLimited } from '../io/limit.js';
import { streamSize } from '../stores/archive/size.js';
import type { LedgerTable } from '../stores/sql/ledger.js';
import { streamName } from '../wire/catalogue.js';
import { partPath } from './download-paths.js';
import { cellKeys, type PlanInput, type PlannedCell, planCells } from './download-plan.js';

type HeldQuestion = Pick<PlanInput, 'dates' | 'tickers' | 'categories' | 'force'> & { readonly root: string };

/** File sizes asked for at once. */
const STATS_AT_ONCE = 16;

/** The plan by what the ledger and the files say now; without a ledger only by the files. */
export async function planDownload(question: HeldQuestion, ledger?: LedgerTable): Promise<PlannedCell[]> {
  const dates = [...question.dates].sort();
  const [from, to] = [dates[0], dates.at(-1)];
  const span = from === undefined || to === undefined ? {} : { from, to };
  const rows = (await ledger?.list({ ...span, tickers: question.tickers })) ?? [];
  const rowOf = new Map(rows.map((row) => [streamName(row), row]));
  const sizes = await mapLimited(cellKeys(question), STATS_AT_ONCE, async (key) => ({
    name: streamName(key),
    size: await streamSize(question.root, key),
    hasPart: existsSync(partPath(question.root, key)),
  }));
  const files = new Map(sizes.map((file) => [file.name, file]));
  const plan = planCells({
    ...question,
    rowOf: (key) => rowOf.get(streamName(key)),
    sizeOf: (key) => files.get(streamName(key))?.size,
  });
  // A part beside a file that is held is left from a run that was killed late: whoever looks at the cell removes it.
  return plan.map((cell) => {
    const isLeft = cell.need === 'held' && files.get(streamName(cell.key))?.hasPart === true;
    return isLeft ? { ...cell, need: 'check' } : cell;
  });
}
