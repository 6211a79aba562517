import { describe, expect, it } from 'vitest';
import { parseLocalDate } from '../../src/wire/cboe-date.js';

const iso = (text: string): string | undefined => {
  const ms = parseLocalDate(text);
  return ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 19);
};

describe('dates as Cboe writes them in the language of the reader', () => {
  it.each([
    ['March 22, 2024 at 9:40 PM EDT', '2024-03-23T01:40:00'],
    ['22 March 2024, 9:46 PM EDT', '2024-03-23T01:46:00'],
    ['December 12, 2022 at 8:30 PM EST', '2022-12-13T01:30:00'],
    ['9 декабря 2023 г. в 13:49 GMT-5', '2023-12-09T18:49:00'],
    ['14 March 2026 at 07:34 GMT-4', '2026-03-14T11:34:00'],
    ['July 9, 2022 at 5:28 p.m. EDT', '2022-07-09T21:28:00'],
    ['July 9, 2022 at 12:05 a.m. EDT', '2022-07-09T04:05:00'],
    ['July 9, 2022 at 12:05\u202fPM EDT', '2022-07-09T16:05:00'],
    ['3 janvier 2025 à 09 h 34 HNE', '2025-01-03T14:34:00'],
    ['14 mars 2026 à 07:34 UTC−4', '2026-03-14T11:34:00'],
    ['2026年3月14日 GMT-4 07:34', '2026-03-14T11:34:00'],
    ['2025年1月14日 晚上9:34 [EST]', '2025-01-15T02:34:00'],
    ['14 March 2026 at 12:34 GMT+05:30', '2026-03-14T07:04:00'],
    ['1 Jun 2026 16:20:05 CDT', '2026-06-01T21:20:05'],
    ['2026-06-01 16:20 UTC', '2026-06-01T16:20:00'],
  ])('%s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it('mean New York when they name no zone', () => {
    expect(iso('March 22, 2024 at 9:40 PM')).toBe('2024-03-23T01:40:00');
    expect(iso('January 22, 2024 at 9:40 PM')).toBe('2024-01-23T02:40:00');
  });

  it.each([
    '',
    'yesterday',
    'March 2024',
    'March 22, 2024',
    '32 March 2024, 9:46 PM EDT',
    '22 March 2024, 25:46 EDT',
    '22 Marx 2024, 9:46',
  ])('are not guessed: "%s"', (text) => {
    expect(iso(text)).toBeUndefined();
  });

  it('are not guessed where two languages mean two months by one name', () => {
    // Polish November, Croatian October.
    expect(iso('3 listopada 2025 09:34 GMT-5')).toBeUndefined();
  });

  const spoken =
    'en-US en-GB en-CA en-AU ru uk be bg sr de de-AT nl sv da nb fi is fr fr-CA es es-MX ca it pt-BR pt-PT ro cs sk sl hu tr el lt lv et id zh-CN zh-TW ja ko';
  it.each(spoken.split(' '))('come back from what the runtime writes in %s', (locale) => {
    const format = new Intl.DateTimeFormat(locale, {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      hour: 'numeric',
      minute: '2-digit',
      timeZoneName: 'short',
      timeZone: 'America/New_York',
    });
    for (let month = 0; month < 12; month++) {
      for (const hour of [5, 12, 17, 23]) {
        const ms = Date.UTC(2025, month, 3 + month + hour / 2, hour, 34);
        const text = format.format(ms);
        expect(parseLocalDate(text), text).toBe(ms);
      }
    }
  });

  it.each(['he', 'hi', 'th', 'ar', 'fa', 'pl', 'hr', 'vi'])('are right or not understood at all in %s', (locale) => {
    const format = new Intl.DateTimeFormat(locale, {
      dateStyle: 'long',
      timeStyle: 'long',
      timeZone: 'America/New_York',
    });
    for (let month = 0; month < 12; month++) {
      const ms = Date.UTC(2025, month, 15, 18, 34);
      expect([undefined, ms], format.format(ms)).toContain(parseLocalDate(format.format(ms)));
    }
  });
});
