import { once } from 'node:events';
import { stripVTControlCharacters, styleText } from 'node:util';
import { GexError } from '../errors.js';

/** Rows of text for people on a terminal, tab-separated for programs in a pipe. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Left for all columns unless stated. */
  readonly align?: readonly ('left' | 'right')[];
}

export type Style = Parameters<typeof styleText>[0];

/** The result side of a command: everything here goes to stdout. */
export interface Output {
  /** `--json` was given: print one object with `object` and nothing else. */
  readonly json: boolean;
  readonly isTerminal: boolean;
  /** Width of the terminal; 80 in a pipe. */
  readonly columns: number;
  /** The text in a style, or as it is where there are no colours. */
  paint(style: Style, text: string): string;
  /** Resolves when the stream takes more; rejects when the call is interrupted. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** One value as one line of JSON. */
  object(value: unknown): Promise<void>;
  table(table: TextTable): Promise<void>;
  /** A table that is drawn again and again in the same place; for terminals. */
  live(): LiveTable;
}

export interface LiveTable {
  draw(table: TextTable): Promise<void>;
  /** Leaves what is drawn where it is: the next one is drawn below what is written meanwhile. */
  release(): void;
}

/** The streams and switches an output is made of. */
interface OutputOptions {
  readonly stream: NodeJS.WriteStream;
  readonly json: boolean;
  readonly color: boolean;
  readonly abort: AbortController;
}

/** The reason of an abort because the reader of stdout went away (`gex price ... | head`); not an error. */
export const READER_GONE = new Error('the reader of stdout went away');

/** The output of one process. A reader that goes away aborts `abort` with READER_GONE. */
export function createOutput({ stream, json, color, abort }: OutputOptions): Output {
  const { signal } = abort;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const gone = error.code === 'EPIPE';
    abort.abort(
      gone ? READER_GONE : new GexError('storage', `cannot write to stdout: ${error.message}`, { cause: error }),
    );
  });

  const write = async (bytes: string | Uint8Array): Promise<void> => {
    signal.throwIfAborted();
    if (stream.write(bytes)) return;
    try {
      await once(stream, 'drain', { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  };

  const paint = (style: Style, text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;

  return {
    json,
    isTerminal: Boolean(stream.isTTY),
    columns: stream.columns > 0 ? stream.columns : 80,
    paint,
    write,
    object: (value) => write(`${JSON.stringify(value)}\n`),
    table: async (table) => write(stream.isTTY ? await drawTable(table, paint) : tabSeparated(table)),
    live: () =>
      liveTable(
        () => (stream.columns > 0 ? stream.columns : 80),
        (table) => drawTable(table, paint),
        write,
      ),
  };
}

/** Goes up over the lines drawn before and clears from there (ECMA-48: CUU, ED). */
function liveTable(
  columns: () => number,
  textOf: (table: TextTable) => Promise<string>,
  write: (text: string) => Promise<void>,
): LiveTable {
  let lines = 0;
  return {
    draw: async (table) => {
      const text = await textOf(table);
      const over = lines > 0 ? `\x1b[${lines}A\x1b[J` : '';
      lines = drawnLines(text, columns());
      await write(over + text);
    },
    release: () => {
      lines = 0;
    },
  };
}

/** Lines of a terminal that a text takes: long ones are broken. */
function drawnLines(text: string, columns: number): number {
  const lengths = stripVTControlCharacters(text).split('\n').slice(0, -1);
  return lengths.reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / columns)), 0);
}

/** Whether a stream gets colours: `--no-color`, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal. */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
  noColor: boolean,
): boolean {
  if (noColor || environment.NO_COLOR) return false;
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return Boolean(stream.isTTY) && environment.TERM !== 'dumb';
}

/** Resolves when everything written before has left the process or the stream has failed. */
export function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

/** Tabs and line breaks inside a cell become spaces. */
function tabSeparated({ head, rows }: TextTable): string {
  return [head, ...rows]
    .map((cells) => `${cells.map((cell) => cell.replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`)
    .join('');
}

/** Two blanks between columns and no lines: readable without colours and easy to copy. */
const BARE = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

async function drawTable({ head, rows, align }: TextTable, paint: Output['paint']): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: head.map((cell) => paint('bold', cell)),
    colAligns: head.map((_, column) => align?.[column] ?? 'left'),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((cells) => [...cells]));
  return `${table.toString().replace(/ +$/gm, '')}\n`;
}
