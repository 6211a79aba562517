import { newYorkDate } from '../core/calendar.js';
import { plusDays } from '../core/dates.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { isRemovable, removeStream } from '../stores/archive/remove.js';
import type { LedgerRow, LedgerTable } from '../stores/sql/ledger.js';
import { streamName } from '../wire/catalogue.js';
import { type ArchiveFile, archiveFiles } from './archive-files.js';

/** Days before this go: a date, or so many days back from today. */
type Age = { readonly date: string } | { readonly days: number };

interface PruneOptions {
  /** Root of the archive. */
  readonly root: string;
  readonly olderThan: Age;
  /** False: only say what would go. */
  readonly remove: boolean;
}

interface PrunedDay {
  readonly date: string;
  readonly files: number;
  readonly bytes: number;
  readonly ledgerRows: number;
  /** Record files that stay, because their path is a link or leads over one. */
  readonly kept: readonly string[];
}

export interface PruneReport {
  /** The first date that stays. */
  readonly before: string;
  readonly removed: boolean;
  readonly days: readonly PrunedDay[];
  readonly files: number;
  readonly bytes: number;
}

/**
 * Removes the record files of days before a date, with their indexes and rows of the ledger, a day after the other. What is
 * no record file of the archive stays, and so does what is reached over a link. GexError `usage`: the date is not past.
 */
export async function pruneArchive(
  options: PruneOptions,
  ledger: LedgerTable | undefined,
  ctx: Ctx,
): Promise<PruneReport> {
  const { root, remove } = options;
  const before = cutoff(options.olderThan, ctx.clock.now());
  const to = plusDays(before, -1);
  const files = await archiveFiles({ root, to }, ctx.signal);
  const rows = (await ledger?.list({ to })) ?? [];
  const dates = [...new Set([...files.map(({ key }) => key.date), ...rows.map(({ date }) => date)])].sort();
  const task = ctx.progress.start(remove ? 'prune, days' : 'prune, days looked at', dates.length);
  const days: PrunedDay[] = [];
  try {
    for (const date of dates) {
      ctx.signal.throwIfAborted();
      const ofDay = files.filter(({ key }) => key.date === date);
      const rowsOfDay = rows.filter((row) => row.date === date);
      days.push(await pruneDay({ date, files: ofDay, rows: rowsOfDay }, options, ledger));
      task.advance(1);
    }
  } finally {
    task.done();
  }
  const sum = (of: (day: PrunedDay) => number): number => days.reduce((total, day) => total + of(day), 0);
  return { before, removed: remove, days, files: sum((day) => day.files), bytes: sum((day) => day.bytes) };
}

interface Day {
  readonly date: string;
  readonly files: readonly ArchiveFile[];
  readonly rows: readonly LedgerRow[];
}

async function pruneDay({ date, files, rows }: Day, options: PruneOptions, ledger?: LedgerTable): Promise<PrunedDay> {
  const { root, remove } = options;
  const kept: string[] = [];
  let [count, bytes] = [0, 0];
  for (const file of files) {
    const goes = remove ? await removeStream(root, file.key) : await isRemovable(root, file.key);
    if (!goes) {
      kept.push(streamName(file.key));
      continue;
    }
    count++;
    bytes += file.bytes;
  }
  // Files first: a crash between leaves rows without files, which the next prune takes up.
  const gone = rows.filter((row) => !kept.includes(streamName(row)));
  if (remove) await ledger?.remove(gone);
  return { date, files: count, bytes, ledgerRows: gone.length, kept };
}

function cutoff(age: Age, nowMs: number): string {
  const today = newYorkDate(nowMs);
  const before = 'date' in age ? age.date : plusDays(today, -age.days);
  if (before <= today) return before;
  throw new GexError('usage', `--older-than ${before} lies in the future: everything would go; give a past date`);
}
