import { newYorkInstant } from '../core/calendar.js';
import { DAY_MS, dayNumber } from '../core/holidays.js';

/** Languages whose month names are known. Numeric dates need no name. */
const LOCALES =
  'en ru uk be bg sr de de-AT nl sv da nb fi is fr es ca it pt ro pl cs sk sl hr hu tr el lt lv et id'.split(' ');

/** Zone abbreviations of North America, English and French, hours from UTC. */
const ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  EST: -5,
  EDT: -4,
  HNE: -5,
  HAE: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/** How twelve-hour clocks mark their halves. */
const AFTERNOON = /(?<!\p{L})(p\.?\s?m|μ\.μ)(?!\p{L})|下午|晚上|中午|午後|오후/iu;
const MORNING = /(?<!\p{L})(a\.?\s?m|π\.μ)(?!\p{L})|上午|凌晨|清晨|早上|午前|오전/iu;

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
  const time = /(?<!\d)(\d{1,2})(?:[:.]|\s?h\s?)(\d{2})(?:[:.](\d{2}))?(?!\d)/.exec(plain);
  if (date === undefined || time === null) return undefined;
  const half = AFTERNOON.test(plain) ? 12 : MORNING.test(plain) ? 0 : undefined;
  const hour = half === undefined ? Number(time[1]) : (Number(time[1]) % 12) + half;
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
  if (year === undefined || day === undefined || month === undefined) return undefined;
  return isoDate(Number(year), month, Number(day));
}

function isoDate(year: number, month: number, day: number): string | undefined {
  const date = new Date(dayNumber(year, month, day) * DAY_MS);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : undefined;
}

/** Hours from UTC that the text states as GMT-5, UTC+05:30 or EDT; undefined when it names no known zone. */
function zoneHours(text: string): number | undefined {
  const offset = /(?:GMT|UTC)\s?([+-])(\d{1,2})(?::?(\d{2}))?/.exec(text);
  if (offset !== null) return (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) + Number(offset[3] ?? 0) / 60);
  const name = /\b(UTC|GMT|[ECMP][SD]T|HNE|HAE)\b/.exec(text)?.[0];
  return name === undefined ? undefined : ZONES[name];
}

let names: Map<string, number> | undefined;

/** Month numbers by lower-case name, in the form each language uses beside a day. NaN for a name of two months (listopada). */
function monthNames(): Map<string, number> {
  if (names !== undefined) return names;
  names = new Map();
  for (const locale of LOCALES) {
    for (const month of locale === 'en' ? (['long', 'short'] as const) : (['long'] as const)) {
      const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month, year: 'numeric', timeZone: 'UTC' });
      for (let number = 1; number <= 12; number++) {
        const part = format.formatToParts(dayNumber(2024, number, 15) * DAY_MS).find(({ type }) => type === 'month');
        const words = part?.value.toLowerCase().match(/\p{L}+/gu) ?? [];
        const name = words.reduce((longest, word) => (word.length > longest.length ? word : longest), '');
        if (name.length > 2) names.set(name, (names.get(name) ?? number) === number ? number : Number.NaN);
      }
    }
  }
  return names;
}
