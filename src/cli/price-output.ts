import { GREEK_NAMES } from '../core/blackscholes.js';
import type { PricingModel } from '../core/model.js';
import type { PricedRow, PriceReport } from '../jobs/price.js';
import type { Output } from './ui.js';

export type PriceFormat = 'table' | 'csv' | 'jsonl' | 'json';

type Cell = string | number | undefined;

/** The output columns: name and value, in the order of every format. */
type Column = readonly [name: string, cell: (row: PricedRow) => Cell];

/** Prints priced rows as they come. */
interface PriceWriter {
  begin(): Promise<void>;
  write(batch: readonly PricedRow[]): Promise<void>;
  end(report: PriceReport): Promise<void>;
}

/** A writer of one format: csv and jsonl with full precision, table rounded, json as one object. */
export function priceWriter(format: PriceFormat, model: PricingModel, out: Output): PriceWriter {
  const columns = columnsOf(model);
  switch (format) {
    case 'csv':
      return textWriter(out, csvLine(columns.map(([name]) => name)), (row) =>
        csvLine(columns.map(([, cell]) => cell(row))),
      );
    case 'jsonl':
      return textWriter(out, '', (row) => `${jsonObject(columns, row)}\n`);
    case 'json':
      return documentWriter(columns, model, out);
    case 'table':
      return tableWriter(columns, out);
  }
}

function columnsOf(model: PricingModel): Column[] {
  return [
    ['id', (row) => row.id],
    ['type', (row) => row.type],
    [model === 'black76' ? 'forward' : 'spot', (row) => row.spot],
    ['strike', (row) => row.strike],
    ['t', (row) => row.years],
    ['rate', (row) => row.rate],
    ['yield', (row) => (model === 'black76' ? undefined : row.dividendYield)],
    ['vol', (row) => row.volatility],
    ...GREEK_NAMES.map((name): Column => [name, (row) => row.greeks[name]]),
    ['iv', (row) => row.iv],
    ['ivStatus', (row) => row.ivStatus],
    ['ivErrorBound', (row) => row.ivErrorBound],
    ['status', (row) => row.status],
    ['message', (row) => row.message],
    ['line', (row) => row.line],
  ];
}

const isUnknown = (cell: Cell): cell is undefined =>
  cell === undefined || (typeof cell === 'number' && !Number.isFinite(cell));

function textWriter(out: Output, head: string, line: (row: PricedRow) => string): PriceWriter {
  return {
    begin: async () => {
      if (head !== '') await out.write(head);
    },
    write: (batch) => out.write(batch.map(line).join('')),
    end: async () => {},
  };
}

/** Numbers in the shortest decimal form that reads back as the same double. */
function csvLine(cells: readonly Cell[]): string {
  let line = '';
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (i > 0) line += ',';
    if (!isUnknown(cell)) line += typeof cell === 'number' ? cell : quoted(cell);
  }
  return `${line}\n`;
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function jsonObject(columns: readonly Column[], row: PricedRow): string {
  const members = columns.map(([name, cell]) => {
    const value = cell(row);
    return `"${name}":${isUnknown(value) ? 'null' : JSON.stringify(value)}`;
  });
  return `{${members.join(',')}}`;
}

function documentWriter(columns: readonly Column[], model: PricingModel, out: Output): PriceWriter {
  let separator = '';
  return {
    begin: () => out.write(`{"schema":"gex-price/1","model":"${model}","rows":[`),
    write: async (batch) => {
      await out.write(separator + batch.map((row) => jsonObject(columns, row)).join(','));
      separator = ',';
    },
    end: ({ rows, failed }) => out.write(`],"count":${rows},"failed":${failed}}\n`),
  };
}

const WIDTH = 11;
const ALWAYS_SHOWN = ['status', 'message', 'line'];

/** Six digits. On a terminal as many columns as fit, the last three always; in a pipe all of them, tab-separated. */
function tableWriter(columns: readonly Column[], out: Output): PriceWriter {
  const fitting = Math.max(5, Math.floor(out.columns / (WIDTH + 1)) - ALWAYS_SHOWN.length);
  const last = columns.filter(([name]) => ALWAYS_SHOWN.includes(name));
  const shown = out.isTerminal
    ? [...columns.filter((column) => !last.includes(column)).slice(0, fitting), ...last]
    : columns;
  const line = (cells: readonly string[]): string =>
    `${out.isTerminal ? cells.map((cell) => cell.padStart(WIDTH)).join(' ') : cells.join('\t')}\n`;
  const rounded = (cell: Cell): string => {
    if (isUnknown(cell)) return '';
    return typeof cell === 'number' ? String(Number(cell.toPrecision(6))) : cell.replace(/[\t\r\n]+/g, ' ');
  };
  return textWriter(out, line(shown.map(([name]) => name)), (row) => line(shown.map(([, cell]) => rounded(cell(row)))));
}
