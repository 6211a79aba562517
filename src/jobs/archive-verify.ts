import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { ScannedFile } from '../stores/archive/growing-scan.js';
import { scanFile } from '../stores/archive/scan.js';
import type { LedgerRow, LedgerTable } from '../stores/sql/ledger.js';
import { type StreamKey, streamName } from '../wire/catalogue.js';
import { adoptedRow, adoptionFault } from './archive-adopt.js';
import { type ArchiveFile, type ArchiveSpan, archiveFiles, ledgerQuery } from './archive-files.js';

/**
 * `ok`: the bytes of the ledger. `changed`: others; `truncated`: fewer; `gone`: no file. `torn`: not in the ledger and cut at
 * its end. `unlisted`: whole, but not in the ledger, as files of synth, compute and stream are; `adopted`: it is now.
 */
export type VerifyState = 'ok' | 'changed' | 'truncated' | 'gone' | 'torn' | 'unlisted' | 'adopted';

export interface VerifiedFile extends StreamKey {
  readonly state: VerifyState;
  readonly bytes: number;
  /** What was found and what was expected, where it is not `ok`. */
  readonly note?: string;
}

export interface VerifyReport {
  readonly files: readonly VerifiedFile[];
  /** Files of each state. */
  readonly counts: Readonly<Record<VerifyState, number>>;
  /** Bytes that were read. */
  readonly bytes: number;
  readonly seconds: number;
}

interface VerifyOptions extends ArchiveSpan {
  /** Write ledger rows for whole files that have none. */
  readonly adopt: boolean;
}

type Verdict = Omit<VerifiedFile, keyof StreamKey>;

interface Scanner {
  scan(file: ArchiveFile): Promise<ScannedFile>;
}

/** States that mean the archive no longer has what the ledger says, or only a part of a file. */
export const DAMAGED: ReadonlySet<VerifyState> = new Set(['changed', 'truncated', 'gone', 'torn']);

/** Reads every record file of a span and compares it with the ledger. GexError `storage`; the signal's reason. */
export async function verifyArchive(
  options: VerifyOptions,
  ledger: LedgerTable | undefined,
  ctx: Ctx,
): Promise<VerifyReport> {
  const startedMs = ctx.clock.now();
  const held = (await ledger?.list(ledgerQuery(options)))?.filter(({ state }) => state === 'held') ?? [];
  const rows = new Map(held.map((row) => [streamName(row), row]));
  const files = await archiveFiles(options, ctx.signal);
  const task = ctx.progress.start(
    'verify, bytes',
    files.reduce((total, { bytes }) => total + bytes, 0),
  );
  let bytes = 0;
  const onBytes = (read: number): void => {
    bytes += read;
    task.advance(read);
  };
  const scanner: Scanner = {
    scan: ({ key, path }) => scanFile(path, { date: key.date, signal: ctx.signal, onBytes }),
  };
  const verified: VerifiedFile[] = [];
  try {
    for (const file of files) {
      const verdict = await verify(file, rows.get(streamName(file.key)), {
        ledger,
        scanner,
        adopt: options.adopt,
        ctx,
      });
      verified.push({ ...file.key, ...verdict });
      rows.delete(streamName(file.key));
    }
  } finally {
    task.done();
  }
  for (const { date, ticker, package: packageName, category } of rows.values()) {
    const note = 'the ledger has it, the archive does not';
    verified.push({ date, ticker, package: packageName, category, state: 'gone', bytes: 0, note });
  }
  const sorted = verified.sort((a, b) => (streamName(a) < streamName(b) ? -1 : 1));
  return { files: sorted, counts: countsOf(sorted), bytes, seconds: (ctx.clock.now() - startedMs) / 1000 };
}

interface VerifyPorts {
  readonly ledger: LedgerTable | undefined;
  readonly scanner: Scanner;
  readonly adopt: boolean;
  readonly ctx: Ctx;
}

async function verify(file: ArchiveFile, row: LedgerRow | undefined, ports: VerifyPorts): Promise<Verdict> {
  try {
    const verdict = row ? await compare(file, row, ports) : await judge(file, ports);
    if (!row || verdict.state === 'ok') return verdict;
    // A download may have replaced the file meanwhile: then the row is another one too.
    const now = await ports.ledger?.get(file.key);
    return now?.state === 'held' && now.sha256 !== row.sha256 ? await compare(file, now, ports) : verdict;
  } catch (error) {
    if (!(error instanceof GexError && error.kind === 'missing')) throw error;
    return { state: row ? 'gone' : 'unlisted', bytes: 0, note: 'it was removed meanwhile' };
  }
}

async function compare(file: ArchiveFile, row: LedgerRow, { scanner }: VerifyPorts): Promise<Verdict> {
  const found = await scanner.scan(file);
  const { bytes } = found;
  const expected = row.bytes ?? bytes;
  if (bytes < expected) return { state: 'truncated', bytes, note: `${bytes} of ${expected} bytes` };
  if (bytes > expected) return { state: 'changed', bytes, note: `${bytes} bytes, ${expected} in the ledger` };
  if (row.sha256 !== undefined && row.sha256 !== found.sha256) {
    return { state: 'changed', bytes, note: 'the size of the ledger, other bytes' };
  }
  if (row.rows !== undefined && row.rows !== found.rows) {
    return { state: 'changed', bytes, note: `${found.rows} rows, ${row.rows} in the ledger` };
  }
  return { state: 'ok', bytes };
}

/** A file that the ledger does not describe. */
async function judge(file: ArchiveFile, { scanner, ledger, adopt, ctx }: VerifyPorts): Promise<Verdict> {
  const found = await scanner.scan(file);
  const { bytes } = found;
  if (found.tornBytes > 0) return { state: 'torn', bytes, note: `its last ${found.tornBytes} bytes are a cut record` };
  if (typeof found.lines === 'string') return { state: 'torn', bytes, note: found.lines };
  if (!adopt || !ledger) return { state: 'unlisted', bytes };
  const fault = adoptionFault(file.key, found);
  if (fault !== undefined) return { state: 'unlisted', bytes, note: `not adopted: ${fault}` };
  await ledger.put([adoptedRow(file.key, found, ctx.clock.now())]);
  return { state: 'adopted', bytes };
}

function countsOf(files: readonly VerifiedFile[]): Record<VerifyState, number> {
  const counts = { ok: 0, changed: 0, truncated: 0, gone: 0, torn: 0, unlisted: 0, adopted: 0 };
  for (const { state } of files) counts[state]++;
  return counts;
}
