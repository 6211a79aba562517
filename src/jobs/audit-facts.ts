import type { ProgressTask } from '../io/ctx.js';
import { scanFile } from '../stores/archive/scan.js';
import type { LedgerRow, LedgerTable } from '../stores/sql/ledger.js';
import { fileFacts } from './archive-adopt.js';
import type { ArchiveFile } from './archive-files.js';
import type { FileFacts, Suspicion } from './audit-suspicion.js';

/** What is known of a file, or why it is not what it should be. */
export interface Examined {
  readonly facts?: FileFacts;
  readonly fault?: Suspicion;
}

/** What the ledger says of a file, where that is all there is to know; undefined when the file has to be read. */
export function knownFacts(file: ArchiveFile, row: LedgerRow | undefined): Examined | undefined {
  if (row?.state !== 'held') return undefined;
  if (row.bytes !== undefined && row.bytes !== file.bytes) {
    return { fault: { kind: 'differs', text: `${file.bytes} bytes, ${row.bytes} in the ledger` } };
  }
  const { rows, firstMs, lastMs, gaps } = row;
  const isWhole =
    rows !== undefined && gaps !== undefined && (rows === 0 || (firstMs !== undefined && lastMs !== undefined));
  return isWhole ? { facts: { ...row, rows } } : undefined;
}

interface ReadPorts {
  readonly ledger: LedgerTable | undefined;
  readonly signal: AbortSignal;
  readonly task: ProgressTask;
}

/** Reads a file once; a row of the ledger that lacks what it says is completed, so that the next audit need not. */
export async function readFacts(file: ArchiveFile, row: LedgerRow | undefined, ports: ReadPorts): Promise<Examined> {
  const { signal, task, ledger } = ports;
  const found = await scanFile(file.path, { date: file.key.date, signal, onBytes: (bytes) => task.advance(bytes) });
  if (found.tornBytes > 0) {
    return { fault: { kind: 'torn', text: `its last ${found.tornBytes} bytes are a cut record` } };
  }
  if (typeof found.lines === 'string') return { fault: { kind: 'torn', text: found.lines } };
  if (row?.state === 'held') {
    if (row.sha256 !== undefined && row.sha256 !== found.sha256) {
      return { fault: { kind: 'differs', text: 'other bytes than the ledger says' } };
    }
    const now = await ledger?.get(file.key); // not over the row of a download that came meanwhile
    if (now?.state === 'held' && now.fetchedMs === row.fetchedMs && now.sha256 === row.sha256) {
      await ledger?.put([{ ...now, sha256: found.sha256, ...fileFacts(found) }]);
    }
  }
  return { facts: fileFacts(found) };
}
