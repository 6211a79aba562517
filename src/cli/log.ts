import { GexError } from '../errors.js';
import type { Log, LogFields } from '../io/ctx.js';
import { masker } from '../io/mask.js';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LEVELS)[number];

/** Writes one finished line of the story; the progress display puts itself around it. */
export type LineWriter = (line: string) => void;

interface LogOptions {
  readonly level: LogLevel;
  readonly write: LineWriter;
  /** Values that never appear in a line. */
  readonly secrets: readonly string[];
  /** Epoch milliseconds; absent where lines carry no time (a terminal). */
  readonly now?: () => number;
}

/** A log of one line per entry: time (in pipes), level, message, `key=value` fields; secrets masked by value. */
export function createLog({ level, write, secrets, now }: LogOptions): Log {
  const least = LEVELS.indexOf(level);
  const mask = masker(secrets);
  const entry = (name: Exclude<LogLevel, 'silent'>) => {
    if (LEVELS.indexOf(name) < least) return (): void => {};
    return (message: string, fields?: LogFields): void => {
      const time = now ? `${new Date(now()).toISOString()} ` : '';
      write(mask(`${time}${name.padEnd(5)} ${oneLine(message)}${fieldText(fields)}`));
    };
  };
  return { debug: entry('debug'), info: entry('info'), warn: entry('warn'), error: entry('error') };
}

function fieldText(fields: LogFields | undefined): string {
  if (!fields) return '';
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${fieldValue(value)}`)
    .join('');
}

function fieldValue(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'string' && /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

/** Prints why a run ended: one sentence and its details, or for anything but a GexError the stack and a request. */
export function writeError(stream: NodeJS.WritableStream, error: unknown, mask: (text: string) => string): void {
  stream.write(mask(`${errorText(error)}\n`));
}

function errorText(error: unknown): string {
  if (error instanceof GexError)
    return [`gex: ${error.message}`, ...error.details.map((detail) => `  ${detail}`)].join('\n');
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `gex: a bug in gex, please report it with the command and these lines:\n${stack}`;
}
