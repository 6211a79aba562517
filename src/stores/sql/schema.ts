import type { Generated } from 'kysely';

/**
 * Column types of the store, the same in SQLite and PostgreSQL. Instants are epoch milliseconds, money is USD, unknown
 * numbers are NULL. The units of exposures are in their convention row.
 */
export interface Schema {
  schema_migrations: { number: number; name: string; applied_ms: number };
  ticks: TickRow;
  bars: BarRow;
  bar_spans: BarSpanRow;
  chain_snapshots: ChainRow;
  conventions: { id: Generated<number>; document: string };
  levels: LevelsRow;
  exposures: ExposuresRow;
  runs: RunRow;
  archive_files: ArchiveFileRow;
  gates: GateRow;
}

interface TickRow {
  ticker: string;
  at_ms: number;
  seq: number;
  price: number;
  bid: number | null;
  ask: number | null;
  volume: number | null;
}

interface BarRow {
  ticker: string;
  timeframe: string;
  start_ms: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number | null;
  source: string;
  open_interest: number | null;
}

/** What was asked of a source for a ticker and one span of time, whether or not there were bars. */
interface BarSpanRow {
  ticker: string;
  timeframe: string;
  /** The first session of the span. */
  date: string;
  /** `bars`, or the choice of option contracts that was made for the span. */
  part: string;
  source: string;
  through_ms: number;
  items: number;
  fetched_ms: number;
}

interface ChainRow {
  id: Generated<number>;
  underlying: string;
  as_of_ms: number;
  source_kind: string;
  source_name: string;
  spot: number;
  rate: number | null;
  dividend_yield: number | null;
  model: string;
  contracts: number;
  /** gzip of the chain's gex-chain/1 JSON. */
  document_gzip: Uint8Array;
}

interface LevelsRow {
  ticker: string;
  as_of_ms: number;
  convention_id: number;
  run_id: number | null;
  spot: number;
  call_gex: number | null;
  put_gex: number | null;
  zero_gamma: number | null;
  zero_gamma_reason: string | null;
  call_wall: number | null;
  put_wall: number | null;
  abs_gamma_strike: number | null;
  call_oi_wall: number | null;
  put_oi_wall: number | null;
  /** JSON of everything else that was said about the instant: totals, all roots, max pain, coverage. */
  document: string | null;
}

/** The numbers of one strike, calls and puts apart; the net is their sum. */
export const EXPOSURE_COLUMNS = [
  'call_gex',
  'put_gex',
  'call_gex_volume',
  'put_gex_volume',
  'call_dex',
  'put_dex',
  'call_vex',
  'put_vex',
  'call_chex',
  'put_chex',
  'call_open_interest',
  'put_open_interest',
  'call_volume',
  'put_volume',
] as const;

export type ExposureColumn = (typeof EXPOSURE_COLUMNS)[number];

type ExposuresRow = { ticker: string; as_of_ms: number; convention_id: number; strike: number } & {
  [column in ExposureColumn]: number | null;
};

interface RunRow {
  id: Generated<number>;
  command: string;
  started_ms: number;
  finished_ms: number | null;
  status: string;
  options: string;
  report: string | null;
}

interface ArchiveFileRow {
  date: string;
  ticker: string;
  package: string;
  category: string;
  state: string;
  source: string;
  rows: number | null;
  first_ms: number | null;
  last_ms: number | null;
  gaps: number | null;
  widest_gap_ms: number | null;
  bytes: number | null;
  sha256: string | null;
  fetched_ms: number | null;
  attempts: number;
  last_error: string | null;
}

interface GateRow {
  name: string;
  next_ms: number;
  hold_ms: number;
  slot_ms: number;
}

/** Unknown (NaN or absent) rests as NULL, never as 0. */
export function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** NULL is read as NaN. */
export function orNaN(value: number | null): number {
  return value === null ? Number.NaN : Number(value);
}
