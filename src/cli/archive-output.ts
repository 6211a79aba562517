import type { ExportReport } from '../jobs/archive-export.js';
import type { ListReport } from '../jobs/archive-list.js';
import type { PruneReport } from '../jobs/archive-prune.js';
import type { VerifyReport, VerifyState } from '../jobs/archive-verify.js';
import type { AuditCell, AuditReport } from '../jobs/audit.js';
import type { Gap } from '../stores/archive/gaps.js';
import type { TextTable } from './ui.js';

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', timeStyle: 'medium' });

const newYorkTime = (ms: number | undefined): string => (ms === undefined ? '' : CLOCK.format(ms));

/** `gex archive list` for people; times are New York. */
export function listTable({ days, files, bytes, inLedger }: ListReport): TextTable {
  return {
    head: ['date', 'ticker', 'files', 'rows', 'bytes', 'source', 'first', 'last', 'in ledger', 'gaps'],
    align: ['left', 'left', 'right', 'right', 'right', 'left', 'left', 'left', 'right', 'left'],
    rows: [
      ...days.map((day) => [
        ...[day.date, day.ticker, String(day.files), String(day.rows ?? ''), String(day.bytes), day.sources.join(' ')],
        ...[newYorkTime(day.firstMs), newYorkTime(day.lastMs), String(day.inLedger), gapsText(day.gaps)],
      ]),
      ['total', '', String(files), '', String(bytes), '', '', '', String(inLedger), ''],
    ],
  };
}

/** `2, 15 min`: how many spans could not be recorded, and how long they are in all. */
function gapsText(gaps: readonly Gap[]): string {
  if (gaps.length === 0) return '';
  const minutes = gaps.reduce((total, { fromMs, toMs }) => total + toMs - fromMs, 0) / 60_000;
  return `${gaps.length}, ${minutes < 10 ? minutes.toFixed(1) : Math.round(minutes)} min`;
}

const STATE_WORDS: Partial<Record<VerifyState, string>> = { unlisted: 'not in the ledger' };

/** `gex archive verify` for people: what is not plainly right, then the totals. */
export function verifyTable({ files, counts, bytes, seconds }: VerifyReport): TextTable {
  const states = Object.entries(counts) as [VerifyState, number][];
  const rate = seconds > 0 ? `, ${Math.round(bytes / 1e6 / seconds)} MB/s` : '';
  return {
    head: ['file', 'state', 'bytes', 'note'],
    align: ['left', 'left', 'right', 'left'],
    rows: [
      ...files
        .filter(({ state }) => state !== 'ok')
        .map((file) => [nameOf(file), STATE_WORDS[file.state] ?? file.state, String(file.bytes), file.note ?? '']),
      ...states
        .filter(([state, count]) => count > 0 || state === 'ok')
        .map(([state, count]) => [`total ${STATE_WORDS[state] ?? state}`, String(count), '', '']),
      ['total read', '', String(bytes), `${seconds.toFixed(1)} s${rate}`],
    ],
  };
}

/** `10:15:00 to 10:31:00: the stream was lost (bars are kept)`. */
function gapText({ fromMs, toMs, reason, filled }: Gap): string {
  const kept = filled === 'bars' ? ' (bars of the underlying are kept)' : '';
  return `${newYorkTime(fromMs)} to ${newYorkTime(toMs)}: ${reason}${kept}`;
}

/** `gex archive audit` for people: what is not plainly held, then the totals. */
export function auditTable(report: AuditReport): TextTable {
  const { expected, held, suspicious, missing, failed, holes } = report;
  const counts = { expected, held, suspicious, missing, failed, holes };
  return {
    head: ['file', 'state', 'days left', 'why'],
    align: ['left', 'left', 'right', 'left'],
    rows: [
      ...report.cells.map((cell) => [nameOf(cell), cell.state, leftOf(cell), whyOf(cell)]),
      ...report.gaps.map((gap) => [`${gap.date}/${gap.ticker}`, 'gap', '', gapText(gap)]),
      ...Object.entries(counts).map(([name, count]) => [`total ${name}`, String(count), '', '']),
      ['sessions', String(report.sessions), '', `${report.from} to ${report.to}, ${report.tickers.join(' ')}`],
    ],
  };
}

const leftOf = ({ daysLeft }: AuditCell): string => (daysLeft < 0 ? 'gone' : String(daysLeft));

const whyOf = ({ reasons, note }: AuditCell): string => note ?? reasons.map(({ text }) => text).join('; ');

/** `gex archive prune` for people. */
export function pruneTable({ before, removed, days, files, bytes }: PruneReport): TextTable {
  return {
    head: [removed ? 'removed' : 'would remove', 'files', 'bytes', 'ledger rows'],
    align: ['left', 'right', 'right', 'right'],
    rows: [
      ...days.map((day) => [day.date, String(day.files), String(day.bytes), String(day.ledgerRows)]),
      [`total before ${before}`, String(files), String(bytes), ''],
    ],
  };
}

/** `gex archive export` for people. */
export function exportTable({ output, format, files, sourceBytes, bytes, seconds }: ExportReport): TextTable {
  return {
    head: ['output', output],
    rows: [
      ['format', format],
      ['files', String(files)],
      ['bytes', `${bytes} from ${sourceBytes}`],
      ['took', `${seconds.toFixed(1)} s`],
    ],
  };
}

const nameOf = (key: { date: string; ticker: string; package: string; category: string }): string =>
  `${key.date}/${key.ticker}/${key.package}/${key.category}`;
