import type { Settings } from '../config/table.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { RunFigures } from '../jobs/daemon-ports.js';
import type { DownloadReport } from '../jobs/download-report.js';
import { notify } from '../jobs/notify.js';
import { runMessage } from '../jobs/notify-message.js';
import { streamName } from '../wire/catalogue.js';
import { notifyOptions } from './notify-settings.js';

/** A download as messages tell of it. */
export function figuresOf({ cells, perCell }: DownloadReport): RunFigures {
  const { total, fetched: success, held: skipped, missing, failed } = cells;
  const failures = perCell.flatMap((cell) => (cell.error === undefined ? [] : [`${streamName(cell)}: ${cell.error}`]));
  return { counts: { total, success, skipped, missing, failed }, failures };
}

const NOTHING: RunFigures = { counts: { total: 0, success: 0, skipped: 0, missing: 0, failed: 0 }, failures: [] };

/** How a download that somebody started went. */
interface Outcome {
  readonly dates: readonly string[];
  readonly startedMs: number;
  readonly report?: DownloadReport;
  /** Why it could not go on. */
  readonly error?: unknown;
}

/**
 * One message on every configured channel, as the vendor's downloader sends it. Never throws: settings of messages that do
 * not fit are a warning here (contract section 4.10). Nothing is said of a run that was interrupted.
 */
export async function tellOfDownload(outcome: Outcome, settings: Settings, ctx: Ctx): Promise<void> {
  if (ctx.signal.aborted) return;
  const { dates, startedMs, report, error } = outcome;
  try {
    const options = notifyOptions(settings);
    const run = { dates, ...(report ? figuresOf(report) : NOTHING), durationMs: ctx.clock.now() - startedMs };
    await notify(runMessage({ ...run, ...(error === undefined ? {} : { error: sentence(error) }) }), options, ctx);
  } catch (fault) {
    ctx.log.warn(`no message is sent: ${sentence(fault)}`);
  }
}

const sentence = (error: unknown): string =>
  error instanceof GexError ? [error.message, ...error.details].join(' ') : String(error);
