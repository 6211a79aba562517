import type { Ctx } from '../io/ctx.js';
import { inspectFile } from '../stores/archive/inspect.js';
import type { LedgerTable } from '../stores/sql/ledger.js';
import { CATEGORIES } from '../wire/catalogue.js';
import { heldRow } from './download-rows.js';

/** Enters the record files of a recorded session in the ledger; a file without a record has no row. */
export async function enterRecorded(
  { root, date, tickers }: { readonly root: string; readonly date: string; readonly tickers: readonly string[] },
  ledger: LedgerTable,
  ctx: Ctx,
): Promise<void> {
  for (const ticker of tickers) {
    for (const { package: packageName, category } of CATEGORIES) {
      const key = { date, ticker, package: packageName, category };
      const facts = await inspectFile(root, key, ctx.signal);
      if (facts.rows === 0) continue;
      await ledger.put([heldRow(key, facts, { source: 'stream', attempts: 0, fetchedMs: ctx.clock.now() })]);
    }
  }
}
