import { newYorkDate, previousTradingDay, tradingDay, tradingDays } from '../core/calendar.js';
import { plusDays } from '../core/dates.js';
import { listDates } from '../stores/archive/days.js';
import type { LedgerTable } from '../stores/sql/ledger.js';
import type { ArchiveSpan } from './archive-files.js';
import { oldestKept } from './vendor-window.js';

interface AuditWindow {
  readonly from: string;
  readonly to: string;
  /** Dates of its sessions that are over, ascending. */
  readonly sessions: readonly string[];
}

/**
 * The dates an audit looks at. Without `from`: since the first date the archive or its ledger knows, at most as far back
 * as the vendor keeps (all of that where they know none). Without `to`: up to the last session that is over.
 */
export async function auditWindow(
  span: ArchiveSpan,
  ledger: LedgerTable | undefined,
  nowMs: number,
): Promise<AuditWindow> {
  const newest = lastFinished(nowMs);
  const to = span.to ?? newest;
  const from = span.from ?? (await firstKnown(span.root, ledger, nowMs));
  const last = to < newest ? to : newest;
  return { from, to, sessions: from <= last ? tradingDays(from, last) : [] };
}

function lastFinished(nowMs: number): string {
  const today = newYorkDate(nowMs);
  const session = tradingDay(today);
  return session && session.closeMs <= nowMs ? today : previousTradingDay(today);
}

async function firstKnown(root: string, ledger: LedgerTable | undefined, nowMs: number): Promise<string> {
  const oldest = oldestKept(nowMs);
  const [firstFile] = await listDates(root);
  if (firstFile !== undefined && firstFile <= oldest) return oldest;
  const [firstRow] = (await ledger?.list({ from: oldest })) ?? [];
  const known = [firstFile, firstRow?.date].filter((date) => date !== undefined).sort();
  return known[0] ?? oldest;
}

/** As far back the rows of the ledger are wanted, for medians of 20 sessions. */
export function medianStart(from: string): string {
  return plusDays(from, -35);
}
