import type { Ctx } from '../io/ctx.js';
import { mapLimited } from '../io/limit.js';
import { readEnds } from '../stores/archive/ends.js';
import { type Gap, readGaps } from '../stores/archive/gaps.js';
import type { LedgerRow, LedgerTable } from '../stores/sql/ledger.js';
import { streamName } from '../wire/catalogue.js';
import { type ArchiveFile, type ArchiveSpan, archiveFiles, ledgerQuery } from './archive-files.js';

/** The record files of one ticker on one date. */
export interface ListedDay {
  readonly date: string;
  readonly ticker: string;
  readonly files: number;
  readonly bytes: number;
  /** Records of all files; undefined where the ledger does not describe each of them. */
  readonly rows?: number;
  /** Times of the first and the last record of all files, epoch ms. */
  readonly firstMs?: number;
  readonly lastMs?: number;
  /** How the files came: sources of the ledger, in the order of their names. */
  readonly sources: readonly string[];
  /** Files that the ledger describes as they are. */
  readonly inLedger: number;
  /** Spans of the session that could not be recorded; none are known of files that came whole. */
  readonly gaps: readonly Gap[];
}

export interface ListReport {
  readonly days: readonly ListedDay[];
  readonly files: number;
  readonly bytes: number;
  readonly inLedger: number;
}

interface ListedFile extends ArchiveFile {
  /** Its row, where that is of a file of this size. */
  readonly row: LedgerRow | undefined;
  readonly firstMs?: number;
  readonly lastMs?: number;
}

const READS_AT_ONCE = 8;

/** What the archive holds, by date and ticker; files that the ledger does not know are only looked at from both ends. */
export async function listArchive(span: ArchiveSpan, ledger: LedgerTable | undefined, ctx: Ctx): Promise<ListReport> {
  const found = await archiveFiles(span, ctx.signal);
  const rows = new Map((await ledger?.list(ledgerQuery(span)))?.map((row) => [streamName(row), row]));
  const files = await mapLimited(found, READS_AT_ONCE, (file) => {
    ctx.signal.throwIfAborted();
    return listed(file, rows.get(streamName(file.key)));
  });
  const groups = new Map<string, ListedFile[]>();
  for (const file of files) {
    const day = `${file.key.date}/${file.key.ticker}`;
    groups.set(day, [...(groups.get(day) ?? []), file]);
  }
  const days = await mapLimited([...groups.values()], READS_AT_ONCE, async (group) => {
    const day = dayOf(group);
    return { ...day, gaps: await readGaps(span.root, day.date, day.ticker) };
  });
  return {
    days,
    files: files.length,
    bytes: sum(files.map(({ bytes }) => bytes)),
    inLedger: sum(days.map(({ inLedger }) => inLedger)),
  };
}

async function listed(file: ArchiveFile, row: LedgerRow | undefined): Promise<ListedFile> {
  const known = row?.state === 'held' && row.bytes === file.bytes ? row : undefined;
  const ends = known ?? (await readEnds(file.path));
  return {
    ...{ ...file, row: known },
    ...(ends.firstMs !== undefined && { firstMs: ends.firstMs }),
    ...(ends.lastMs !== undefined && { lastMs: ends.lastMs }),
  };
}

function dayOf(files: readonly ListedFile[]): Omit<ListedDay, 'gaps'> {
  const { date = '', ticker = '' } = files[0]?.key ?? {};
  const firsts = files.flatMap(({ firstMs }) => firstMs ?? []);
  const lasts = files.flatMap(({ lastMs }) => lastMs ?? []);
  const counts = files.flatMap(({ row }) => row?.rows ?? []);
  return {
    ...{ date, ticker, files: files.length, bytes: sum(files.map(({ bytes }) => bytes)) },
    ...(counts.length === files.length && { rows: sum(counts) }),
    ...(firsts.length > 0 && { firstMs: Math.min(...firsts) }),
    ...(lasts.length > 0 && { lastMs: Math.max(...lasts) }),
    sources: [...new Set(files.flatMap(({ row }) => row?.source ?? []))].sort(),
    inLedger: files.filter(({ row }) => row !== undefined).length,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
