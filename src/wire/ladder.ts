import type { RecordShape } from './catalogue.js';

/** The ladder of a record as a reader of it finds it: its expiry set's days, strikes, and the figure that has priors. */
export interface ShownLadder {
  /** Epoch ms. */
  readonly atMs: number;
  readonly minDte: number;
  readonly secMinDte: number;
  readonly strike: Float64Array;
  /** GEX by volume, or a greek's exposure. */
  readonly value: Float64Array;
}

/** Where a record has its rows, and a row its figure (contract section 1.6). */
const PLACES = {
  gex: { rows: 'strikes', value: 1 },
  greek: { rows: 'mini_contracts', value: 3 },
} as const;

/** The ladder of a record line; undefined when it has none, or not in the vendor's shape. */
export function readLadder(shape: RecordShape, line: Uint8Array): ShownLadder | undefined {
  if (shape === 'orderflow') return undefined;
  const record = parsed(line);
  const { rows: name, value: at } = PLACES[shape];
  const rows = record?.[name];
  const [timestamp, minDte, secMinDte] = [record?.timestamp, record?.min_dte, record?.sec_min_dte];
  if (!Array.isArray(rows) || !isNumber(timestamp) || !isNumber(minDte) || !isNumber(secMinDte)) return undefined;
  const strike = new Float64Array(rows.length);
  const value = new Float64Array(rows.length);
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row) || !isNumber(row[0]) || !isNumber(row[at])) return undefined;
    strike[i] = row[0];
    value[i] = row[at];
  }
  return { atMs: timestamp * 1000, minDte, secMinDte, strike, value };
}

function parsed(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
