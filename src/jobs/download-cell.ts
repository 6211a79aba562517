import { type ErrorKind, GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { acquireLock } from '../io/lock.js';
import { removePart } from '../io/part-file.js';
import { streamSize } from '../stores/archive/size.js';
import type { LedgerRow } from '../stores/sql/ledger.js';
import { adoptFile } from './download-adopt.js';
import { type CellTools, transferFile } from './download-file.js';
import { lockPath, partPath } from './download-paths.js';
import { cellNeed, type PlannedCell } from './download-plan.js';
import { type CellOutcome, heldOutcome } from './download-report.js';
import { failedRow } from './download-rows.js';

/** A killed run's lock is taken over at once on the same host; elsewhere after this long. */
const LOCK_MS = 60_000;

/** Kinds that are about one file; every other error ends the run. */
const OF_ONE_FILE: ReadonlySet<ErrorKind> = new Set(['upstream', 'data', 'missing', 'usage']);

/**
 * Brings one cell into the archive and the ledger, alone among all processes; undefined when another one is at it.
 * GexError of the kinds that end a run (`auth`, `storage`) and the signal's reason.
 */
export async function downloadCell(cell: PlannedCell, tools: CellTools, ctx: Ctx): Promise<CellOutcome | undefined> {
  const part = partPath(tools.root, cell.key);
  const lock = await acquireLock(lockPath(tools.root, cell.key), { ttlMs: LOCK_MS }, ctx);
  if (!lock) return undefined;
  try {
    const alone = { ...ctx, signal: AbortSignal.any([ctx.signal, lock.lost]) };
    return await bringIn(cell, { ...tools, part }, alone);
  } catch (error) {
    if (lock.lost.aborted && !ctx.signal.aborted) return undefined;
    throw error;
  } finally {
    await lock.release();
  }
}

async function bringIn(
  { key, need }: PlannedCell,
  tools: CellTools & { readonly part: string },
  ctx: Ctx,
): Promise<CellOutcome> {
  const { root, ledger, force, startedMs } = tools;
  // Another process may have finished it since the plan was made.
  const before = await ledger.get(key);
  const isHeld = cellNeed(before, await streamSize(root, key)) === 'held';
  const isNew = (before?.fetchedMs ?? 0) >= startedMs;
  if (before?.state === 'missing' && isNew) return { ...key, state: 'missing' };
  if (before && isHeld && (isNew || !force)) return leftAlone(before, tools.part);
  if (need === 'check') {
    const adopted = await adoptFile(key, tools, ctx);
    if (adopted) return { ...(await leftAlone(adopted, tools.part)), adopted: true };
  }
  try {
    return await transferFile(key, { ...tools, before, isHeld }, ctx);
  } catch (error) {
    if (ctx.signal.aborted || !(error instanceof GexError) || !OF_ONE_FILE.has(error.kind)) throw error;
    const attempts = (before?.attempts ?? 0) + 1;
    const row = failedRow(key, isHeld ? before : undefined, { attempts, lastError: error.message });
    await ledger.put([row]);
    return { ...key, state: 'failed', attempts, error: error.message };
  }
}

/** A held file needs its part no more; a run that was killed late leaves one. */
async function leftAlone(row: LedgerRow, part: string): Promise<CellOutcome> {
  await removePart(part);
  return heldOutcome(row);
}
