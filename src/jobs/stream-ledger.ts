import type { Ctx } from '../io/ctx.js';
import { createTally } from '../stores/archive/tally.js';
import type { LedgerTable } from '../stores/sql/ledger.js';
import { CATEGORIES } from '../wire/catalogue.js';
import { heldRow } from './download-rows.js';

/** The ledger's rows of one ticker's files while they are recorded: there are none until the recording is stopped. */
export interface RecordedRows {
  /** Before a record: takes away the rows of what the files held, once. */
  begin(): Promise<void>;
  /** After a record: reads on in the files, so that nothing much is left to read at the end. */
  follow(): Promise<void>;
  /** Enters what the files hold, if records were added. What goes wrong is a warning: the next audit reads the files. */
  enter(): Promise<void>;
}

/** After a restart the files are read from their beginnings, so much between two records: some ten milliseconds. */
const STEP_BYTES = 8 << 20;
/** Reading more than this takes longer than somebody who stops a program waits: the next audit does it. */
const END_BYTES = 256 << 20;

/** Keeps the rows of the record files of a session for one ticker. */
export function recordedRows(
  { root, date, ticker }: { readonly root: string; readonly date: string; readonly ticker: string },
  ledger: LedgerTable,
  { log, clock }: Ctx,
): RecordedRows {
  const keys = CATEGORIES.map((row) => ({ date, ticker, package: row.package, category: row.category }));
  const tally = createTally(root, keys);
  let hasBegun = false;
  const put = async (): Promise<void> => {
    if (!(await tally.advance(END_BYTES))) return;
    const origin = { source: 'stream', attempts: 0, fetchedMs: clock.now() } as const;
    const files = await tally.finish();
    const rows = files.map((facts, i) => heldRow(keys[i] as (typeof keys)[number], facts, origin));
    await ledger.put(rows.filter((row) => row.rows !== 0));
  };
  return {
    begin: async () => {
      if (!hasBegun) await ledger.remove(keys);
      hasBegun = true;
    },
    follow: async () => void (await tally.advance(STEP_BYTES)),
    enter: async () => {
      try {
        if (hasBegun) await put();
      } catch (error) {
        log.warn(`${ticker}: the record files of ${date} are not in the ledger`, { error });
      } finally {
        await tally.close();
      }
    },
  };
}
