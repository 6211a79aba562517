import type { LedgerRow } from '../stores/sql/ledger.js';
import type { StreamKey } from '../wire/catalogue.js';

/** What fetching some cells would take; undefined where nothing is known to go by. */
export interface DownloadEstimate {
  /** A link and a file for each cell. */
  readonly requests: number;
  /** Of the files as they rest in the archive, from the median of the held ones of their kind. */
  readonly bytes: number | undefined;
  /** Cells that no held file tells the size of. */
  readonly unknownSizes: number;
  /** By the rate of requests and the speed of earlier downloads. */
  readonly seconds: number | undefined;
}

interface EstimateInput {
  readonly cells: readonly StreamKey[];
  /** Held rows of any dates. */
  readonly held: readonly LedgerRow[];
  readonly ratePerSecond: number;
  /** Of earlier downloads. */
  readonly bytesPerSecond: number | undefined;
}

const REQUESTS_PER_CELL = 2;

/** Estimates requests, bytes and seconds from what is held: the same ticker's files of a category, else those of all tickers. */
export function estimateDownload({ cells, held, ratePerSecond, bytesPerSecond }: EstimateInput): DownloadEstimate {
  const sizes = new Map<string, number[]>();
  for (const row of held) {
    if (row.state !== 'held' || row.bytes === undefined) continue;
    for (const kind of kindsOf(row)) {
      const ofKind = sizes.get(kind) ?? [];
      ofKind.push(row.bytes);
      sizes.set(kind, ofKind);
    }
  }
  const known = cells.map((key) => kindsOf(key).flatMap((kind) => median(sizes.get(kind)) ?? [])[0]);
  const found = known.filter((bytes) => bytes !== undefined);
  const bytes = found.length === 0 ? undefined : found.reduce((sum, one) => sum + one, 0);
  const requests = cells.length * REQUESTS_PER_CELL;
  const transfer = bytes === undefined || bytesPerSecond === undefined ? undefined : bytes / bytesPerSecond;
  return {
    requests,
    bytes,
    unknownSizes: cells.length - found.length,
    seconds: transfer === undefined ? undefined : Math.max(transfer, requests / ratePerSecond),
  };
}

/** The nearer kind first. */
function kindsOf({ ticker, package: packageName, category }: StreamKey): string[] {
  return [`${ticker}/${packageName}/${category}`, `${packageName}/${category}`];
}

/** The middle value, the lower of two; undefined without values. */
export function median(values: readonly number[] | undefined): number | undefined {
  const sorted = [...(values ?? [])].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}
