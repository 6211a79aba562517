import type { LedgerRow } from '../stores/sql/ledger.js';
import type { CategoryRow, StreamKey } from '../wire/catalogue.js';

/**
 * What a cell needs: nothing (`held`), a look at a file that no ledger row describes (`check`), or the vendor's file.
 */
export type CellNeed = 'held' | 'check' | 'fetch';

export interface PlannedCell {
  readonly key: StreamKey;
  readonly need: CellNeed;
  /** The ledger's row. */
  readonly row?: LedgerRow;
}

export interface PlanInput {
  readonly dates: readonly string[];
  readonly tickers: readonly string[];
  readonly categories: readonly CategoryRow[];
  /** The ledger's row of a cell. */
  readonly rowOf: (key: StreamKey) => LedgerRow | undefined;
  /** Bytes of a cell's file in the archive; undefined when there is none. */
  readonly sizeOf: (key: StreamKey) => number | undefined;
  /** Fetch everything again. */
  readonly force: boolean;
}

/** Every cell of date x ticker x category, oldest date first: the vendor drops that one first. */
export function planCells({ dates, tickers, categories, rowOf, sizeOf, force }: PlanInput): PlannedCell[] {
  return cellKeys({ dates, tickers, categories }).map((key) => {
    const row = rowOf(key);
    return { key, need: force ? 'fetch' : cellNeed(row, sizeOf(key)), ...(row && { row }) };
  });
}

/** The keys of date x ticker x category, dates ascending. */
export function cellKeys({
  dates,
  tickers,
  categories,
}: Pick<PlanInput, 'dates' | 'tickers' | 'categories'>): StreamKey[] {
  return [...dates]
    .sort()
    .flatMap((date) =>
      tickers.flatMap((ticker) =>
        categories.map((row): StreamKey => ({ date, ticker, package: row.package, category: row.category })),
      ),
    );
}

/** Nothing stores "done": a cell is held when the ledger says so and the file still has the size it had. */
export function cellNeed(row: LedgerRow | undefined, size: number | undefined): CellNeed {
  if (size === undefined) return 'fetch';
  if (row?.state !== 'held') return 'check';
  return row.bytes === size ? 'held' : 'fetch';
}
