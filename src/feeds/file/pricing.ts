import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { GexError } from '../../errors.js';

/** The columns of a file of options to price, in the order messages list them. */
export const PRICING_COLUMNS = [
  'id',
  'type',
  'spot',
  'forward',
  'strike',
  't',
  'expiry',
  'rate',
  'yield',
  'vol',
  'price',
] as const;

export type PricingColumn = (typeof PRICING_COLUMNS)[number];

/** One row as it stands in the file. */
export interface PricingRow {
  /** Counted from 1, the header included. */
  readonly line: number;
  /** Text from CSV, text or numbers from JSONL; what is empty or null is left out. */
  readonly cells: Readonly<Partial<Record<PricingColumn, string | number>>>;
  /** Why the row cannot be read at all. */
  readonly fault?: string;
}

const BATCH_ROWS = 1024;
/** Longer lines are not rows of options but a wrong file or a quote that is never closed. */
const MAX_LINE_BYTES = 1_000_000;

/**
 * The rows of CSV with a header or of JSONL, gzip or not, recognised by their first character, in batches and with a few of
 * them in memory. Rows that cannot be read carry a fault. Throws `data`: empty, an unknown or missing column, no JSONL.
 */
export async function* readPricingRows(
  source: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<readonly PricingRow[]> {
  const bytes = await startOf(unpacked(source, name));
  if (bytes === undefined) throw new GexError('data', `${name} is empty; give CSV with a header or JSONL`);
  const { first, chunks } = bytes;
  if (first === '[')
    throw new GexError('data', `${name} is a JSON array; give one object per line (jq -c '.[]' does it)`);
  yield* inBatches(first === '{' ? jsonRows(chunks, name) : csvRows(chunks, name));
}

async function* inBatches(rows: AsyncIterable<PricingRow>): AsyncGenerator<readonly PricingRow[]> {
  let batch: PricingRow[] = [];
  for await (const row of rows) {
    if (batch.push(row) < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The chunks of a source with what gzip packed unpacked. */
async function* unpacked(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const { value: head, done } = await iterator.next();
  if (done) return;
  const chunks = rejoined(head, iterator);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return yield* chunks;
  const gunzip = createGunzip();
  const failed = pipeline(Readable.from(chunks), gunzip).catch((error: unknown) => error);
  try {
    yield* gunzip;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GexError('data', `${name}: its gzip data is cut or damaged (${reason}); fetch it again`, { cause });
  } finally {
    gunzip.destroy();
    await failed;
  }
}

async function* rejoined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/** The first character that is not blank, and the chunks from the one it is in; undefined when there is none. */
async function startOf(
  source: AsyncIterable<Uint8Array>,
): Promise<{ first: string; chunks: AsyncIterable<Uint8Array> } | undefined> {
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    const { value: chunk, done } = await iterator.next();
    if (done) return undefined;
    const first = new TextDecoder('latin1').decode(chunk).replace(/^ï»¿/, '').trimStart()[0];
    if (first !== undefined) return { first, chunks: rejoined(chunk, iterator) };
  }
}

async function* csvRows(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<PricingRow> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: MAX_LINE_BYTES,
  });
  const source = Readable.from(chunks);
  const failed = pipeline(source, parser).catch((error: unknown) => error);
  let columns: PricingColumn[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (columns === undefined) columns = columnsOf(record, name);
      else yield csvRow(record, columns, info.lines);
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const place = `${name}, line ${String(cause.lines ?? '?')}`;
    if (cause.code === 'CSV_MAX_RECORD_SIZE') throw tooLong(place, cause);
    throw new GexError('data', `${place}: not CSV (${cause.message}); is a quote left open?`, { cause });
  } finally {
    source.destroy();
    parser.destroy();
    await failed;
  }
}

function tooLong(place: string, cause?: unknown): GexError {
  return new GexError(
    'data',
    `${place}: longer than ${MAX_LINE_BYTES} bytes; is it a list of options, and every quote closed?`,
    { cause },
  );
}

/** The columns of a header; throws `data` for unknown, repeated and missing ones, all in one sentence. */
function columnsOf(header: readonly string[], name: string): PricingColumn[] {
  const names = header.map((cell) => cell.toLowerCase());
  const known = new Set<string>(PRICING_COLUMNS);
  const has = (column: PricingColumn): boolean => names.includes(column);
  const needed: [boolean, string][] = [
    [has('type'), 'type'],
    [has('spot') || has('forward'), 'spot'],
    [has('strike'), 'strike'],
    [has('t') || has('expiry'), 't or expiry'],
    [has('vol') || has('price'), 'vol or price'],
  ];
  const faults = [
    ...names.filter((cell) => !known.has(cell)).map((cell) => `unknown column "${cell}"`),
    ...names.filter((cell, i) => names.indexOf(cell) !== i).map((cell) => `column "${cell}" twice`),
    ...needed.filter(([present]) => !present).map(([, column]) => `no column ${column}`),
  ];
  if (faults.length > 0) {
    const sentence = `${name}: ${faults.slice(0, 8).join(', ')}; the header takes ${PRICING_COLUMNS.join(', ')}`;
    throw new GexError('data', sentence);
  }
  return names as PricingColumn[];
}

function csvRow(record: readonly string[], columns: readonly PricingColumn[], line: number): PricingRow {
  const cells: Partial<Record<PricingColumn, string>> = {};
  for (let i = 0; i < columns.length; i++) {
    const text = record[i];
    if (text !== undefined && text !== '') cells[columns[i] as PricingColumn] = text;
  }
  if (record.length === columns.length) return { line, cells };
  return { line, cells, fault: `${record.length} cells where the header has ${columns.length}` };
}

async function* jsonRows(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<PricingRow> {
  const decoder = new TextDecoder();
  let line = 0;
  let rest = '';
  const rowsOf = function* (text: string): Generator<PricingRow> {
    line++;
    if (text.trim() === '') return;
    if (text.length > MAX_LINE_BYTES) throw tooLong(`${name}, line ${line}`);
    const row = jsonRow(text, line);
    if (line === 1 && row.fault?.startsWith('not JSON')) throw new GexError('data', `${name}, line 1: ${row.fault}`);
    yield row;
  };
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_BYTES) throw tooLong(`${name}, line ${line + lines.length + 1}`);
    for (const text of lines) yield* rowsOf(text);
  }
  yield* rowsOf(rest + decoder.decode());
}

function jsonRow(text: string, line: number): PricingRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { line, cells: {}, fault: `not JSON (${error instanceof Error ? error.message : String(error)})` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { line, cells: {}, fault: 'not a JSON object' };
  const cells: Partial<Record<PricingColumn, string | number>> = {};
  const faults: string[] = [];
  for (const [key, cell] of Object.entries(value)) {
    const column = PRICING_COLUMNS.find((known) => known === key.toLowerCase());
    if (column === undefined) faults.push(`unknown field "${key}"`);
    else if (typeof cell === 'number' || typeof cell === 'string') cells[column] = cell;
    else if (cell !== null) faults.push(`${column}: found ${JSON.stringify(cell)}`);
  }
  return faults.length > 0 ? { line, cells, fault: faults.join(', ') } : { line, cells };
}
