import type { LedgerRow } from '../stores/sql/ledger.js';
import type { StreamKey } from '../wire/catalogue.js';

/** How a cell ended: was held before, was fetched, the vendor has none, could not be had. */
export type CellState = 'held' | 'fetched' | 'missing' | 'failed';

/** One file of the plan after the run. */
export interface CellOutcome extends StreamKey {
  readonly state: CellState;
  /** Held without a ledger row before this run, and found whole. */
  readonly adopted?: boolean;
  /** Records and bytes of the file in the archive. */
  readonly rows?: number;
  readonly bytes?: number;
  /** Bytes that came over the wire. */
  readonly received?: number;
  readonly attempts?: number;
  /** One sentence: why it failed. */
  readonly error?: string;
  /** One sentence: what is odd about a file that is kept. */
  readonly suspicious?: string;
}

type CellCounts = Readonly<Record<CellState, number>>;

export interface TickerDay extends CellCounts {
  readonly date: string;
  readonly ticker: string;
  /** Of the files fetched, as they rest in the archive. */
  readonly bytes: number;
}

export interface DownloadReport {
  readonly dates: readonly string[];
  readonly cells: CellCounts & { readonly total: number; readonly suspicious: number };
  readonly tickerDays: readonly TickerDay[];
  readonly perCell: readonly CellOutcome[];
  /** Of the files fetched, as they rest in the archive. */
  readonly bytes: number;
  /** Over the wire, which may be packed. */
  readonly received: number;
  readonly seconds: number;
  /** `bytes` over `seconds`. */
  readonly bytesPerSecond: number;
}

/** Counts outcomes by ticker and day, in the order they stand in. */
export function downloadReport(
  dates: readonly string[],
  perCell: readonly CellOutcome[],
  seconds: number,
): DownloadReport {
  const days = new Map<string, CellOutcome[]>();
  for (const cell of perCell) {
    const name = `${cell.date}/${cell.ticker}`;
    days.set(name, [...(days.get(name) ?? []), cell]);
  }
  const bytes = fetchedBytes(perCell);
  return {
    dates,
    cells: {
      total: perCell.length,
      ...counts(perCell),
      suspicious: perCell.filter((cell) => cell.suspicious !== undefined).length,
    },
    tickerDays: [...days.values()].map((cells) => {
      const { date = '', ticker = '' } = cells[0] ?? {};
      return { date, ticker, ...counts(cells), bytes: fetchedBytes(cells) };
    }),
    perCell,
    bytes,
    received: perCell.reduce((sum, cell) => sum + (cell.received ?? 0), 0),
    seconds,
    bytesPerSecond: seconds > 0 ? bytes / seconds : 0,
  };
}

function counts(cells: readonly CellOutcome[]): CellCounts {
  const of = (state: CellState): number => cells.filter((cell) => cell.state === state).length;
  return { held: of('held'), fetched: of('fetched'), missing: of('missing'), failed: of('failed') };
}

function fetchedBytes(cells: readonly CellOutcome[]): number {
  return cells.reduce((sum, cell) => sum + (cell.state === 'fetched' ? (cell.bytes ?? 0) : 0), 0);
}

/** The outcome of a file that was there before. */
export function heldOutcome({ date, ticker, package: packageName, category, rows, bytes }: LedgerRow): CellOutcome {
  return {
    ...{ date, ticker, package: packageName, category, state: 'held' },
    ...(rows === undefined ? {} : { rows }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}
