import { type ChainBuilder, createChainBuilder } from '../core/chain.js';
import type { ChainSnapshot } from '../core/model.js';
import { GexError } from '../errors.js';
import { parseLocalDate } from './cboe-date.js';
import { type ChainReadOptions, cboeVolatility, chosenSpot, excerpt, numberOf, priceOf } from './chain-reading.js';

const HEADER = /^\W*expiration date\b.*\bcalls\b.*\bputs\b/im;

/** Whether a text is a quotedata file of Cboe's quote table page: it has the page's header line. */
export function isCboeCsv(text: string): boolean {
  return HEADER.test(text.slice(0, 10_000));
}

/** Positions of the cells of one side of a line; -1 for a column the file does not have. */
interface SideColumns {
  readonly symbol: number;
  readonly last: number;
  readonly bid: number;
  readonly ask: number;
  readonly volume: number;
  readonly iv: number;
  readonly delta: number;
  readonly gamma: number;
  readonly openInterest: number;
}

/**
 * Reads a quotedata CSV: a name line with "Last:", a date line in the reader's language, a header, then one line per strike
 * with the call on the left and the put on the right; every side with a symbol is a row. Throws `data`.
 */
export function readCboeCsv(text: string, name: string, options: ChainReadOptions = {}): ChainSnapshot {
  const lines = text.split(/\r?\n|\r/);
  const headerLine = lines.findIndex((line) => HEADER.test(line));
  if (headerLine < 0) throw new GexError('data', `${name}: has no header line "Expiration Date,Calls,...,Puts,..."`);
  const head = lines.slice(0, headerLine).join('\n');
  const [calls, puts] = sidesOf(splitLine(lines[headerLine] ?? ''), name);
  const builder = createChainBuilder(2 * (lines.length - headerLine), options.calendar);
  for (const line of lines.slice(headerLine + 1)) {
    if (line.trim() === '') continue;
    const cells = splitLine(line);
    addSide(builder, cells, calls);
    addSide(builder, cells, puts);
  }
  const last = numberOf(/\bLast:\s*([\d.,]*\d)/.exec(head)?.[1]);
  return builder.finish({
    asOfMs: options.asOfMs ?? asOfOf(head, name),
    spot: chosenSpot(name, last, Number.NaN, options.spot),
    source: { kind: 'cboe-csv', name },
  });
}

function addSide(builder: ChainBuilder, cells: readonly string[], side: SideColumns): void {
  const symbol = cells[side.symbol] ?? '';
  if (symbol === '') {
    builder.reject('no symbol');
    return;
  }
  const row = builder.addSymbol(symbol);
  if (row < 0) return;
  const { columns } = builder;
  columns.bid[row] = numberOf(cells[side.bid]);
  columns.ask[row] = priceOf(cells[side.ask]);
  columns.last[row] = priceOf(cells[side.last]);
  columns.iv[row] = cboeVolatility(cells[side.iv]);
  columns.openInterest[row] = numberOf(cells[side.openInterest]);
  columns.volume[row] = numberOf(cells[side.volume]);
  columns.delta[row] = numberOf(cells[side.delta]);
  columns.gamma[row] = numberOf(cells[side.gamma]);
}

/** Where the cells of the two sides are, by the names in the header. */
function sidesOf(header: readonly string[], name: string): [SideColumns, SideColumns] {
  const titles = header.map((title) => title.toLowerCase());
  const puts = titles.indexOf('puts');
  const side = (symbol: number, from: number, to: number): SideColumns => {
    const at = (title: string): number => {
      const index = titles.slice(from, to).indexOf(title);
      return index < 0 ? -1 : from + index;
    };
    return {
      symbol,
      last: at('last sale'),
      bid: at('bid'),
      ask: at('ask'),
      volume: at('volume'),
      iv: at('iv'),
      delta: at('delta'),
      gamma: at('gamma'),
      openInterest: at('open interest'),
    };
  };
  const calls = titles.indexOf('calls');
  const sides: [SideColumns, SideColumns] = [side(calls, calls, puts), side(puts, puts, titles.length)];
  if (calls < 0 || puts < calls || sides.some(({ openInterest }) => openInterest < 0)) {
    throw new GexError(
      'data',
      `${name}: its header needs Calls, then Puts, each with "Open Interest"; found ${excerpt(header.join(','), 120)}`,
    );
  }
  return sides;
}

/** The cells of a line, trimmed. A quote that is never closed ends with the line. */
function splitLine(line: string): string[] {
  if (!line.includes('"')) return line.split(',').map((cell) => cell.trim());
  const cells: string[] = [];
  for (const [, quoted, plain = ''] of line.matchAll(/(?:^|,)(?:\s*"((?:[^"]|"")*)(?:"|$)[^,]*|([^,]*))/g)) {
    cells.push((quoted?.replaceAll('""', '"') ?? plain).trim());
  }
  return cells;
}

/** The date line's instant. Its commas may have split it into several cells, so it is read from the raw text. */
function asOfOf(head: string, name: string): number {
  const text = /\bDate:\s*(.+?)\s*"?\s*(?:,\s*"?Bid:|$)/m.exec(head)?.[1];
  if (text === undefined) throw new GexError('data', `${name}: has no date line before its header; give --as-of`);
  const ms = parseLocalDate(text);
  if (ms === undefined)
    throw new GexError('data', `${name}: its date "${excerpt(text, 60)}" is not understood; give --as-of`);
  return ms;
}
