import { stat } from 'node:fs/promises';
import { mapLimited } from '../io/limit.js';
import { listDates, listStreams } from '../stores/archive/days.js';
import { streamPath } from '../stores/archive/path.js';
import type { StreamKey } from '../wire/catalogue.js';

/** A part of the archive; both dates included, everything where nothing is said. */
export interface ArchiveSpan {
  /** Root of the archive. */
  readonly root: string;
  readonly from?: string;
  readonly to?: string;
  readonly tickers?: readonly string[];
}

/** A record file of the archive. */
export interface ArchiveFile {
  readonly key: StreamKey;
  readonly path: string;
  readonly bytes: number;
}

const STATS_AT_ONCE = 16;

/** The record files of a span, by date, ticker, package and category. GexError `storage`; the signal's reason. */
export async function archiveFiles(span: ArchiveSpan, signal: AbortSignal): Promise<ArchiveFile[]> {
  const { root, from = '', to = '9999', tickers } = span;
  const files: ArchiveFile[] = [];
  for (const date of (await listDates(root)).filter((day) => day >= from && day <= to)) {
    signal.throwIfAborted();
    const keys = (await listStreams(root, date)).filter((key) => !tickers || tickers.includes(key.ticker));
    const found = await mapLimited(keys, STATS_AT_ONCE, async (key) => {
      const path = streamPath(root, key);
      const entry = await stat(path).catch(() => undefined); // gone since it was listed
      return entry?.isFile() ? [{ key, path, bytes: entry.size }] : [];
    });
    files.push(...found.flat());
  }
  return files;
}

/** The part of a question that the ledger takes. */
export function ledgerQuery({ from, to, tickers }: ArchiveSpan) {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...(tickers && { tickers }) };
}
