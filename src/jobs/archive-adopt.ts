import type { ScannedFile } from '../stores/archive/growing-scan.js';
import type { LedgerRow } from '../stores/sql/ledger.js';
import type { StreamKey } from '../wire/catalogue.js';

/** Why a file that was read from end to end should not be taken into the ledger; undefined when it may be. */
export function adoptionFault(key: StreamKey, { rows, tornBytes, lines }: ScannedFile): string | undefined {
  if (rows === 0) return 'it has no records';
  if (tornBytes > 0) return `its last ${tornBytes} bytes are a cut record`;
  if (typeof lines === 'string') return lines;
  if (lines.untimed > 0) return `${lines.untimed} records have no timestamp`;
  if (lines.backwards > 0) return `${lines.backwards} records are earlier than the one before them`;
  if (lines.outside > 0) return `${lines.outside} records are of another date than ${key.date}`;
  for (const record of [lines.first, lines.last]) {
    const ticker = tickerOf(record);
    if (ticker !== undefined && ticker !== key.ticker) return `its records are of ${ticker}, not ${key.ticker}`;
  }
  return undefined;
}

/** The ledger row of a file that was found whole in the archive. */
export function adoptedRow(key: StreamKey, found: ScannedFile, nowMs: number): LedgerRow {
  const { date, ticker, package: packageName, category } = key;
  return {
    ...{ date, ticker, package: packageName, category, state: 'held', source: 'adopted', attempts: 0 },
    ...{ fetchedMs: nowMs, sha256: found.sha256, ...fileFacts(found) },
  };
}

/** The numbers of a scanned file as the ledger keeps them. */
export function fileFacts({ rows, bytes, lines }: ScannedFile) {
  if (typeof lines === 'string') return { rows, bytes };
  const { firstMs, lastMs, gaps, widestGap } = lines;
  return {
    ...{ rows, bytes, gaps },
    ...(firstMs !== undefined && { firstMs }),
    ...(lastMs !== undefined && { lastMs }),
    ...(widestGap && { widestGapMs: widestGap.toMs - widestGap.fromMs }),
  };
}

function tickerOf(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null || !('ticker' in record)) return undefined;
  return typeof record.ticker === 'string' ? record.ticker : undefined;
}
