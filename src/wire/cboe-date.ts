import { newYorkInstant } from '../core/calendar.js';
import { DAY_MS, dayNumber } from '../core/holidays.js';

/** Languages whose month names a browser may have written. Numeric forms need no name. */
const LOCALES = 'en ru uk be bg de nl sv da nb fi is fr es ca it pt ro pl cs sk sl hr hu tr el lt lv et id vi'.split(
  ' ',
);

/** Zone abbreviations of the United States, hours from UTC. */
const ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/**
 * The instant, epoch ms, of a date line that Cboe's page wrote in the reader's language: "March 22, 2024 at 9:40 PM EDT",
 * "9 декабря 2023 г. в 13:49 GMT-5", "2026年3月14日 GMT-4 7:34". Without a zone it is New York. Undefined when not understood.
 */
export function parseLocalDate(text: string): number | undefined {
  const plain = text
    .normalize('NFKC')
    .replace(/\u2212/g, '-')
    .trim();
  const date = numericDate(plain) ?? namedDate(plain);
  const time = /(?<!\d)(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?!\d)(?:\s*([ap])\.?\s?m\b)?/i.exec(plain);
  if (date === undefined || time === null) return undefined;
  const isAfternoon = time[4]?.toLowerCase() === 'p' || /下午|午後|오후/.test(plain);
  const isTwelveHour = time[4] !== undefined || /[上下]午|午[前後]|오[전후]/.test(plain);
  const hour = isTwelveHour ? (Number(time[1]) % 12) + (isAfternoon ? 12 : 0) : Number(time[1]);
  const minute = Number(time[2]);
  const second = Number(time[3] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = zoneHours(plain);
  if (zone === undefined) return newYorkInstant(date, hour, minute, second);
  return Date.parse(`${date}T00:00:00Z`) + ((hour - zone) * 3600 + minute * 60 + second) * 1000;
}

function numericDate(text: string): string | undefined {
  const match = /(?<!\d)((?:19|20)\d{2})[-/.年년]\s?(\d{1,2})[-/.月월]\s?(\d{1,2})(?!\d)/.exec(text);
  return match === null ? undefined : isoDate(Number(match[1]), Number(match[2]), Number(match[3]));
}

function namedDate(text: string): string | undefined {
  const year = /(?<!\d)(19|20)\d{2}(?!\d)/.exec(text)?.[0];
  const day = /(?<![\d:.])\d{1,2}(?![\d:])(?!\.\d)/.exec(text)?.[0];
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const month = words.map((word) => monthNames().get(word)).find((found) => found !== undefined);
  return year === undefined || day === undefined || month === undefined
    ? undefined
    : isoDate(Number(year), month, Number(day));
}

function isoDate(year: number, month: number, day: number): string | undefined {
  const date = new Date(dayNumber(year, month, day) * DAY_MS);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : undefined;
}

/** Hours from UTC that the text states as GMT-5, UTC+05:30 or EDT; undefined when it names no known zone. */
function zoneHours(text: string): number | undefined {
  const offset = /(?:GMT|UTC)\s?([+-])(\d{1,2})(?::?(\d{2}))?/.exec(text);
  if (offset !== null) return (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) + Number(offset[3] ?? 0) / 60);
  const name = /\b(UTC|GMT|[ECMP][SD]T)\b/.exec(text)?.[0];
  return name === undefined ? undefined : ZONES[name];
}

let names: Map<string, number> | undefined;

/** Month numbers by lower-case name, in the form each language uses beside a day, long and short. */
function monthNames(): Map<string, number> {
  if (names !== undefined) return names;
  names = new Map();
  for (const locale of LOCALES) {
    for (const month of ['long', 'short'] as const) {
      const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month, year: 'numeric', timeZone: 'UTC' });
      for (let number = 1; number <= 12; number++) {
        const part = format.formatToParts(dayNumber(2024, number, 15) * DAY_MS).find(({ type }) => type === 'month');
        const word = part?.value.toLowerCase().match(/\p{L}+/u)?.[0];
        // A later language never overrides an earlier one, and one letter is no name.
        if (word !== undefined && word.length > 2 && !names.has(word)) names.set(word, number);
      }
    }
  }
  return names;
}
