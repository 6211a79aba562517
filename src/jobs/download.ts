import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { mapLimited } from '../io/limit.js';
import { lockHolder } from '../io/lock.js';
import type { Store } from '../stores/sql/open.js';
import { type CategoryRow, streamName } from '../wire/catalogue.js';
import { downloadCell } from './download-cell.js';
import type { CellTools } from './download-file.js';
import { planDownload } from './download-held.js';
import { lockPath } from './download-paths.js';
import type { PlannedCell } from './download-plan.js';
import { downloadProgress } from './download-progress.js';
import { type CellOutcome, type DownloadReport, downloadReport, heldOutcome } from './download-report.js';
import { markSuspicious } from './download-siblings.js';

export interface DownloadOptions {
  /** Root of the archive. */
  readonly root: string;
  /** Sessions, `YYYY-MM-DD`. */
  readonly dates: readonly string[];
  readonly tickers: readonly string[];
  readonly categories: readonly CategoryRow[];
  /** Files under way at once. */
  readonly workers: number;
  /** Fetch again what is held. */
  readonly force: boolean;
  /** Go on with files that were cut. */
  readonly resume: boolean;
}

interface DownloadPorts {
  readonly store: Store;
  readonly client: CellTools['client'];
}

/**
 * Brings every cell of dates x tickers x categories into the archive: what is held is left alone, each file appears whole,
 * and its ledger row follows. A failed file is a result; `auth`, `storage` and the signal end the run at once, keeping what
 * is finished.
 */
export async function download(options: DownloadOptions, ports: DownloadPorts, ctx: Ctx): Promise<DownloadReport> {
  const startedMs = ctx.clock.now();
  const { root, dates, tickers, categories, workers, force, resume } = options;
  const names = categories.map((row) => `${row.package}/${row.category}`);
  const { runs, ledger } = ports.store;
  const run = await runs.start('download', startedMs, { dates, tickers, categories: names, workers, force, resume });
  try {
    const plan = await planDownload(options, ledger);
    const progress = downloadProgress(plan.filter((cell) => cell.need !== 'held').length, ctx);
    const tools: CellTools = { root, ledger, client: ports.client, progress, force, resume, startedMs };
    const outcomes = await runCells(plan, { tools, workers }, ctx).finally(progress.done);
    const seconds = (ctx.clock.now() - startedMs) / 1000;
    const report = downloadReport(dates, await markSuspicious(outcomes, ledger), seconds);
    const { perCell: _, ...summary } = report;
    await runs.finish(run, ctx.clock.now(), report.cells.failed > 0 ? 'failed' : 'done', summary);
    return report;
  } catch (error) {
    // A disk that is full takes no row either: the error is about the disk, not about that row.
    await runs.finish(run, ctx.clock.now(), ctx.signal.aborted ? 'interrupted' : 'failed').catch((fault: unknown) => {
      ctx.log.debug('the end of the run could not be noted', { fault: String(fault) });
    });
    throw error;
  }
}

interface Crew {
  readonly tools: CellTools;
  readonly workers: number;
}

/** The outcomes in the order of the plan. The first error that ends the run stops all workers at once. */
async function runCells(plan: readonly PlannedCell[], { tools, workers }: Crew, ctx: Ctx): Promise<CellOutcome[]> {
  const stop = new AbortController();
  const together = { ...ctx, signal: AbortSignal.any([ctx.signal, stop.signal]) };
  const attempt = async (cell: PlannedCell, work: typeof downloadCell): Promise<CellOutcome | undefined> => {
    try {
      together.signal.throwIfAborted();
      const outcome = await work(cell, tools, together);
      if (outcome) tools.progress.ended();
      return outcome;
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const first = await mapLimited(plan, workers, async (cell) => {
    if (cell.need === 'held' && cell.row) return heldOutcome(cell.row);
    return attempt(cell, downloadCell);
  });
  // What other processes were busy with is looked at once everything else is done.
  return mapLimited([...plan.entries()], workers, async ([i, cell]) => {
    const outcome = first[i] ?? (await attempt(cell, waitForCell));
    if (!outcome) throw new GexError('storage', `${streamName(cell.key)} has no outcome`);
    return outcome;
  });
}

const LOOK_EVERY_MS = 500;

/** The cell once no other process is at it. */
async function waitForCell(cell: PlannedCell, tools: CellTools, ctx: Ctx): Promise<CellOutcome> {
  const holder = await lockHolder(lockPath(tools.root, cell.key));
  ctx.log.info(`waiting for ${streamName(cell.key)}: ${holder?.tag ?? 'another process'} is at it`);
  for (;;) {
    const outcome = await downloadCell(cell, tools, ctx);
    if (outcome) return outcome;
    await ctx.clock.sleep(LOOK_EVERY_MS, ctx.signal);
  }
}
