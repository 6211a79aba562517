import type { ValueType } from './option.js';

/** The range of the exchange calendar. */
const FIRST_YEAR = 1990;
const LAST_YEAR = 2050;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d{1,9})?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A moment as the user stated it: an instant, or a date with or without a New York time, for the calendar to place. */
export type Moment =
  | { readonly zone: 'utc'; readonly ms: number; readonly text: string }
  | { readonly zone: 'new-york'; readonly date: string; readonly time?: TimeOfDay; readonly text: string };

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function parseDate(text: string): string | undefined {
  const parts = DATE.exec(text);
  if (!parts) return undefined;
  const at = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text) return undefined;
  const year = Number(parts[1]);
  return year >= FIRST_YEAR && year <= LAST_YEAR ? text : undefined;
}

function parseTime(text: string): TimeOfDay | undefined {
  const parts = TIME.exec(text);
  if (!parts) return undefined;
  return { hour: Number(parts[1]), minute: Number(parts[2]), second: Number(parts[3] ?? 0) };
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** A calendar date from 1990 to 2050. */
export const date: ValueType<string> = {
  placeholder: 'DATE',
  accepts: `a date YYYY-MM-DD from ${FIRST_YEAR} to ${LAST_YEAR}`,
  parse: parseDate,
  format: String,
};

/** A date, or one of the given words. */
export function dateOr<const W extends string>(words: readonly W[]): ValueType<string> {
  return {
    placeholder: 'DATE',
    accepts: `${words.join(', ')} or ${date.accepts}`,
    parse: (text) => words.find((word) => word === text.toLowerCase()) ?? parseDate(text),
    format: String,
    choices: words,
  };
}

/** A date, all dates from one to another as `FIRST..LAST`, or one of the given words. */
export function daysOr<const W extends string>(words: readonly W[]): ValueType<string> {
  const one = dateOr(words);
  return {
    ...one,
    placeholder: 'DATE[..DATE]',
    accepts: `${one.accepts}, or two of them as FIRST..LAST`,
    parse: (text) => {
      const [first = '', last, ...rest] = text.split('..');
      if (last === undefined) return one.parse(text);
      const ends = [first, last].map((end) => parseDate(end.trim()));
      if (rest.length > 0 || ends.some((end) => end === undefined) || (ends[0] ?? '') > (ends[1] ?? ''))
        return undefined;
      return ends.join('..');
    },
  };
}

/** A wall-clock time. */
export const timeOfDay: ValueType<TimeOfDay> = {
  placeholder: 'HH:MM[:SS]',
  accepts: 'a New York time HH:MM or HH:MM:SS',
  parse: parseTime,
  format: ({ hour, minute, second }) => [hour, minute, second].map(twoDigits).join(':'),
};

/** A moment; without a zone it is New York time, and a date alone means the close of that day. */
export const moment: ValueType<Moment> = {
  placeholder: 'INSTANT',
  accepts:
    'YYYY-MM-DDTHH:MM[:SS] with Z or an offset such as -04:00, the same without one for New York time, or a date for its close',
  parse: (text) => {
    const parts = MOMENT.exec(text);
    const day = parseDate(parts?.[1] ?? '');
    if (!parts || day === undefined) return undefined;
    const [, , clock, fraction = '', zone] = parts;
    if (clock === undefined) return { zone: 'new-york', date: day, text };
    const time = parseTime(clock);
    if (!time) return undefined;
    if (zone === undefined) return fraction ? undefined : { zone: 'new-york', date: day, time, text };
    const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
    const ms = Date.parse(`${day}T${timeOfDay.format(time)}${fraction.slice(0, 4)}${offset}`);
    return Number.isNaN(ms) ? undefined : { zone: 'utc', ms, text };
  },
  format: (value) => value.text,
};

const UNITS: readonly (readonly [string, number])[] = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** A duration in milliseconds, written as `250ms`, `5s`, `2m`, `1h30m`. */
export function duration(minMs: number, maxMs: number): ValueType<number> {
  return {
    placeholder: 'DURATION',
    accepts: `a duration such as 500ms, 5s or 1m30s, from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
    parse: (text) => {
      const ms = parseDuration(text);
      return ms >= minMs && ms <= maxMs ? ms : undefined;
    },
    format: formatDuration,
  };
}

/** Durations separated by commas, in their order; the same one may stand there twice. */
export function durations(minMs: number, maxMs: number): ValueType<readonly number[]> {
  const one = duration(minMs, maxMs);
  return {
    placeholder: 'DURATIONS',
    accepts: `durations separated by commas such as 5m,15m,1h, each from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
    parse: (text) => {
      const parsed = text.split(',').map((part) => one.parse(part.trim()));
      return parsed.every((ms) => ms !== undefined) ? parsed : undefined;
    },
    format: (all) => all.map(formatDuration).join(','),
    list: true,
  };
}

function parseDuration(text: string): number {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return Number.NaN;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    total += Number(amount) * (UNITS.find(([name]) => name === unit)?.[1] ?? Number.NaN);
  }
  return total;
}

function formatDuration(ms: number): string {
  let rest = ms;
  let out = '';
  for (const [unit, size] of UNITS) {
    const amount = unit === 'ms' ? rest : Math.floor(rest / size);
    if (amount > 0) out += `${amount}${unit}`;
    rest -= amount * size;
  }
  return out || '0ms';
}

/** The IANA name of a time zone. */
export const timeZone: ValueType<string> = {
  placeholder: 'ZONE',
  accepts: 'a time zone such as America/New_York, Europe/Berlin or UTC',
  parse: (text) => {
    if (!/^[A-Za-z]/.test(text)) return undefined; // an offset such as +05:00 knows no clock changes
    try {
      return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
    } catch {
      return undefined;
    }
  },
  format: String,
};
