import type { LedgerTable } from '../stores/sql/ledger.js';
import type { Hole } from './daemon-due.js';
import { planDownload } from './download-held.js';
import type { PlanInput } from './download-plan.js';

type HoleQuestion = Pick<PlanInput, 'dates' | 'tickers' | 'categories'> & { readonly root: string };

/** What a download of these dates would not find held, by date, with what the ledger says of it; whole dates are left out. */
export async function downloadHoles(question: HoleQuestion, ledger?: LedgerTable): Promise<Hole[]> {
  if (question.dates.length === 0) return [];
  const holes = new Map<string, { unknown: number; missing: number; failed: number }>();
  for (const { key, need, row } of await planDownload({ ...question, force: false }, ledger)) {
    if (need === 'held') continue;
    const hole = holes.get(key.date) ?? { unknown: 0, missing: 0, failed: 0 };
    hole[row === undefined || row.state === 'held' ? 'unknown' : row.state]++;
    holes.set(key.date, hole);
  }
  return [...holes].map(([date, counts]) => ({ date, ...counts }));
}
