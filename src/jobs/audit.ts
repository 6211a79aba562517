import { tradingDay } from '../core/calendar.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { type Gap, readGaps } from '../stores/archive/gaps.js';
import type { LedgerRow, LedgerTable } from '../stores/sql/ledger.js';
import { type StreamKey, streamName } from '../wire/catalogue.js';
import { type ArchiveFile, type ArchiveSpan, archiveFiles, ledgerQuery } from './archive-files.js';
import { type CategoryKey, expectedFiles, type FileKind } from './audit-cells.js';
import { type Examined, knownFacts, readFacts } from './audit-facts.js';
import { MEDIAN_DAYS, medianPace, paceOf, type Suspicion, suspicionsOf } from './audit-suspicion.js';
import { auditWindow, medianStart } from './audit-window.js';
import { daysLeft } from './vendor-window.js';

interface AuditOptions extends ArchiveSpan {
  /** Expected of every ticker; by default what is held of it. */
  readonly categories?: readonly CategoryKey[];
}

/** `missing`: no file, also where the vendor said that it has none; `failed`: the last attempt to get it failed. */
export type CellState = 'held' | 'suspicious' | 'missing' | 'failed';

/** A file that should be there, on one session. */
export interface AuditCell extends StreamKey {
  readonly state: CellState;
  /** Why it is suspicious. */
  readonly reasons: readonly Suspicion[];
  /** What is known of a file that is not there. */
  readonly note?: string;
  /** It should be fetched: there is no file, or one that is torn or not what the ledger says. */
  readonly hole: boolean;
  /** Days until the vendor drops it: 0 on the last one, negative when it is gone for good. */
  readonly daysLeft: number;
}

export interface AuditReport {
  readonly from: string;
  readonly to: string;
  readonly sessions: number;
  readonly tickers: readonly string[];
  /** Files that should be there. */
  readonly expected: number;
  readonly held: number;
  readonly suspicious: number;
  readonly missing: number;
  readonly failed: number;
  readonly holes: number;
  /** The fewest days left of the holes that can still be filled; absent when there are none. */
  readonly daysLeft?: number;
  /** Files that no row of the ledger describes; they are read from end to end with each audit. */
  readonly unlisted: number;
  /** All but those that are plainly held, by date, ticker, package and category. */
  readonly cells: readonly AuditCell[];
  /** Spans of sessions that could not be recorded, by date and ticker. */
  readonly gaps: readonly RecordedGap[];
  readonly seconds: number;
}

interface RecordedGap extends Gap {
  readonly date: string;
  readonly ticker: string;
}

interface Examination {
  readonly rows: ReadonlyMap<string, LedgerRow>;
  readonly files: ReadonlyMap<string, ArchiveFile>;
  readonly examined: ReadonlyMap<string, Examined>;
}

/**
 * Every file that should be there (session x ticker x category), judged by the ledger and the files as they are now.
 * Files are only read where the ledger lacks what reading tells. GexError `missing`: nothing to expect; `storage`.
 */
export async function auditArchive(
  options: AuditOptions,
  { ledger }: { readonly ledger: LedgerTable | undefined },
  ctx: Ctx,
): Promise<AuditReport> {
  const startedMs = ctx.clock.now();
  const window = await auditWindow(options, ledger, startedMs);
  const span = { ...options, from: window.from, to: window.to };
  const found = await archiveFiles(span, ctx.signal);
  const listed = (await ledger?.list(ledgerQuery({ ...span, from: medianStart(window.from) }))) ?? [];
  const held = [...listed.filter(({ date }) => date >= window.from), ...found.map(({ key }) => key)];
  const expected = expectedFiles({ ...options, held });
  const rows = new Map(listed.map((row) => [streamName(row), row]));
  const files = new Map(found.map((file) => [streamName(file.key), file]));
  const names = new Set(window.sessions.flatMap((date) => expected.map((kind) => streamName({ date, ...kind }))));
  const wanted = found.filter(({ key }) => names.has(streamName(key)));
  const examined = await examine(wanted, rows, ledger, ctx);
  const judge = { rows, files, examined };
  const cells = expected.flatMap((kind) => cellsOf(kind, window.sessions, judge, startedMs)).sort(byName);
  const unlisted = wanted.filter(({ key }) => rows.get(streamName(key))?.state !== 'held').length;
  return {
    ...{ from: window.from, to: window.to, sessions: window.sessions.length },
    tickers: [...new Set(expected.map(({ ticker }) => ticker))],
    ...summary(cells),
    unlisted,
    cells: cells.filter(({ state }) => state !== 'held'),
    gaps: await gapsOf(options.root, wanted),
    seconds: (ctx.clock.now() - startedMs) / 1000,
  };
}

async function gapsOf(root: string, files: readonly ArchiveFile[]): Promise<RecordedGap[]> {
  const days = new Map(files.map(({ key: { date, ticker } }) => [`${date}/${ticker}`, { date, ticker }]));
  const found: RecordedGap[] = [];
  for (const day of days.values()) {
    const gaps = await readGaps(root, day.date, day.ticker);
    found.push(...gaps.map((gap) => ({ ...day, ...gap })));
  }
  return found;
}

async function examine(
  files: readonly ArchiveFile[],
  rows: ReadonlyMap<string, LedgerRow>,
  ledger: LedgerTable | undefined,
  ctx: Ctx,
): Promise<Map<string, Examined>> {
  const examined = new Map<string, Examined>();
  const unread: ArchiveFile[] = [];
  for (const file of files) {
    const known = knownFacts(file, rows.get(streamName(file.key)));
    if (known) examined.set(streamName(file.key), known);
    else unread.push(file);
  }
  if (unread.length === 0) return examined;
  const total = unread.reduce((sum, { bytes }) => sum + bytes, 0);
  const task = ctx.progress.start('audit, bytes the ledger does not describe', total);
  try {
    const ports = { ledger, signal: ctx.signal, task };
    for (const file of unread) {
      const facts = await readFacts(file, rows.get(streamName(file.key)), ports).catch(missingAsUndefined);
      if (facts) examined.set(streamName(file.key), facts);
    }
  } finally {
    task.done();
  }
  return examined;
}

/** A file that was removed since it was listed is not there. */
function missingAsUndefined(error: unknown): undefined {
  if (!(error instanceof GexError && error.kind === 'missing')) throw error;
}

/** One file over the sessions, each compared with those before it. */
function cellsOf(kind: FileKind, sessions: readonly string[], examination: Examination, nowMs: number): AuditCell[] {
  const paces = pacesBefore(kind, sessions[0] ?? '', examination.rows);
  return sessions.map((date) => {
    const key = { date, ...kind };
    const session = tradingDay(date);
    const known = examination.examined.get(streamName(key));
    const cell = { ...key, daysLeft: daysLeft(date, nowMs) };
    if (!known || !session)
      return { ...cell, reasons: [], hole: true, ...absence(examination.rows.get(streamName(key))) };
    if (!known.facts) return { ...cell, state: 'suspicious', reasons: known.fault ? [known.fault] : [], hole: true };
    const reasons = suspicionsOf(known.facts, session, medianPace(paces));
    paces.push(paceOf(known.facts.rows, session));
    return { ...cell, state: reasons.length > 0 ? 'suspicious' : 'held', reasons, hole: false };
  });
}

function pacesBefore(kind: FileKind, first: string, rows: ReadonlyMap<string, LedgerRow>): number[] {
  const paces: number[] = [];
  for (const row of rows.values()) {
    const isSame = row.ticker === kind.ticker && row.package === kind.package && row.category === kind.category;
    const session = isSame && row.date < first && row.state === 'held' ? tradingDay(row.date) : undefined;
    if (session && row.rows !== undefined) paces.push(paceOf(row.rows, session));
  }
  return paces.slice(-MEDIAN_DAYS);
}

function absence(row: LedgerRow | undefined): Pick<AuditCell, 'state'> & { readonly note?: string } {
  if (row?.state === 'failed') return { state: 'failed', note: row.lastError ?? 'the last attempt failed' };
  if (row?.state === 'missing') return { state: 'missing', note: 'the vendor had none when it was asked' };
  if (row?.state === 'held') return { state: 'missing', note: 'the ledger has it, the file is gone' };
  return { state: 'missing', note: 'never fetched' };
}

function summary(cells: readonly AuditCell[]) {
  const count = (state: CellState): number => cells.filter((cell) => cell.state === state).length;
  const holes = cells.filter(({ hole }) => hole);
  const left = holes.map((cell) => cell.daysLeft).filter((days) => days >= 0);
  return {
    ...{ expected: cells.length, held: count('held'), suspicious: count('suspicious') },
    ...{ missing: count('missing'), failed: count('failed'), holes: holes.length },
    ...(left.length > 0 && { daysLeft: Math.min(...left) }),
  };
}

const byName = (a: AuditCell, b: AuditCell): number => (streamName(a) < streamName(b) ? -1 : 1);
