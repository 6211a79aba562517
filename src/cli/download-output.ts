import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { Foresight } from '../jobs/download-foresight.js';
import type { DownloadReport } from '../jobs/download-report.js';
import { streamName } from '../wire/catalogue.js';
import type { Output } from './ui.js';

/** A table of what happened by ticker and day, or the whole report as JSON. */
export async function printReport(report: DownloadReport, ctx: Ctx, out: Output): Promise<void> {
  for (const cell of report.perCell) if (cell.suspicious) ctx.log.warn(`${streamName(cell)}: ${cell.suspicious}`);
  if (out.json) return out.object({ schema: 'gex-download/1', ...report });
  const { cells, bytes, seconds, bytesPerSecond } = report;
  const days = report.tickerDays.map((day) => [day.date, day.ticker, ...countsOf(day), megabytes(day.bytes)]);
  await out.table({
    head: ['date', 'ticker', 'held', 'fetched', 'missing', 'failed', 'MB'],
    rows: [...days, ['total', '', ...countsOf(cells), megabytes(bytes)]],
    align: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  ctx.log.info(`${cells.total} files in ${seconds.toFixed(1)} s, ${megabytes(bytesPerSecond)} MB/s`);
}

function countsOf(counts: Pick<DownloadReport['cells'], 'held' | 'fetched' | 'missing' | 'failed'>): string[] {
  return [counts.held, counts.fetched, counts.missing, counts.failed].map(String);
}

/** GexError `partial` with a sentence for each failed file; undefined when there is none. */
export function failures({ cells, perCell }: DownloadReport): GexError | undefined {
  if (cells.failed === 0) return undefined;
  const details = perCell.flatMap((cell) => (cell.error === undefined ? [] : [`${streamName(cell)}: ${cell.error}`]));
  return new GexError('partial', `${cells.failed} of ${cells.total} files failed:`, { details });
}

/** A line for each file that would be fetched, in the words of the vendor's downloader (contract section 2.3). */
export async function printForesight(foresight: Foresight, ctx: Ctx, out: Output): Promise<void> {
  const { held, check, fetch, estimate } = foresight;
  if (out.json) return out.object({ schema: 'gex-download/1', dryRun: true, ...foresight });
  for (const key of fetch) await out.write(`Would download: ${streamName(key)}\n`);
  const checked = check.length > 0 ? `, ${check.length} would be checked first` : '';
  const { requests, bytes, unknownSizes, seconds } = estimate;
  const unknown = unknownSizes > 0 ? ` and ${unknownSizes} files of unknown size` : '';
  const size =
    bytes === undefined ? 'their size is unknown, none is held yet' : `about ${megabytes(bytes)} MB${unknown}`;
  const time = seconds === undefined ? 'the time is unknown' : `about ${duration(seconds)}`;
  ctx.log.info(
    `${held} files are held${checked}; ${fetch.length} to fetch with ${requests} requests: ${size}, ${time}`,
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
