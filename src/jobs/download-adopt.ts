import { tradingDay } from '../core/calendar.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { inspectFile } from '../stores/archive/inspect.js';
import type { LedgerRow, LedgerTable } from '../stores/sql/ledger.js';
import { type StreamKey, streamName } from '../wire/catalogue.js';
import { checkFile, oddRecords, oddRows } from './download-checks.js';
import { heldRow } from './download-rows.js';
import { typicalRows } from './download-siblings.js';

/** A file that ends this long before its session was cut by whoever wrote it. */
const EARLY_END_MS = 15 * 60_000;

/**
 * Takes a file that no ledger row describes into the ledger, as if it had been fetched, when it is whole: every byte read,
 * ends of that ticker and day, up to the close, as many rows as its siblings. Undefined when it is not: then it is fetched.
 */
export async function adoptFile(
  key: StreamKey,
  { root, ledger }: { readonly root: string; readonly ledger: LedgerTable },
  ctx: Ctx,
): Promise<LedgerRow | undefined> {
  try {
    const facts = await inspectFile(root, key, ctx.signal);
    checkFile(key, facts);
    const { rows, lastMs } = facts;
    const closeMs = tradingDay(key.date)?.closeMs ?? Number.NEGATIVE_INFINITY;
    if (lastMs === undefined || lastMs < closeMs - EARLY_END_MS)
      throw new GexError('data', `${streamName(key)} ends before its session does`);
    const siblings = await ledger.list({ from: key.date, to: key.date, tickers: [key.ticker] });
    const held = siblings.filter((row) => row.state === 'held');
    const odd = held.length > 0 ? oddRows(rows, typicalRows(held)) : undefined;
    const fault = oddRecords(facts) ?? odd;
    if (fault !== undefined) throw new GexError('data', `${streamName(key)} is ${fault}`);
    const row = heldRow(key, facts, { source: 'adopted', attempts: 0, fetchedMs: ctx.clock.now() });
    await ledger.put([row]);
    return row;
  } catch (error) {
    if (!(error instanceof GexError && error.kind === 'data')) throw error;
    ctx.log.warn(`the file of ${streamName(key)} is not taken as it is, it is fetched: ${error.message}`);
    return undefined;
  }
}
