import type { LedgerRow } from '../stores/sql/ledger.js';
import type { StreamKey } from '../wire/catalogue.js';
import { type FileFacts, oddRecords } from './download-checks.js';

interface PlacedFacts extends FileFacts {
  readonly bytes: number;
  readonly sha256: string;
}

type Origin = Pick<LedgerRow, 'source' | 'attempts'> & { readonly fetchedMs: number };

/** The ledger's row of a file in the archive. */
export function heldRow(key: StreamKey, facts: PlacedFacts, origin: Origin): LedgerRow {
  const { rows, firstMs, lastMs, bytes, sha256, gaps, widestGap } = facts;
  const odd = oddRecords(facts);
  return {
    ...{ ...keyOf(key), ...origin, state: 'held', rows, bytes, sha256, gaps },
    ...(widestGap === undefined ? {} : { widestGapMs: widestGap.toMs - widestGap.fromMs }),
    ...(firstMs === undefined ? {} : { firstMs }),
    ...(lastMs === undefined ? {} : { lastMs }),
    ...(odd === undefined ? {} : { lastError: odd }),
  };
}

/** The row of a file the vendor has not. */
export function missingRow(key: StreamKey, attempts: number, fetchedMs: number): LedgerRow {
  return { ...keyOf(key), state: 'missing', source: 'download', attempts, fetchedMs };
}

/** The row of a file that could not be had; what is held stays held. */
export function failedRow(
  key: StreamKey,
  held: LedgerRow | undefined,
  facts: { readonly attempts: number; readonly lastError: string },
): LedgerRow {
  return { ...(held ?? { ...keyOf(key), state: 'failed', source: 'download' }), ...facts };
}

function keyOf({ date, ticker, package: packageName, category }: StreamKey): StreamKey {
  return { date, ticker, package: packageName, category };
}
