import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  businessDays,
  createCalendar,
  holidayOn,
  isTradingDay,
  newYorkDate,
  newYorkInstant,
  nextTradingDay,
  previousTradingDay,
  tradingDay,
  tradingDays,
} from '../../src/core/calendar.js';

interface Golden {
  readonly closed: readonly string[];
  readonly early: Readonly<Record<string, string>>;
}

const golden: Golden = JSON.parse(readFileSync('test/golden/nyse.json', 'utf8'));
const { easter }: { easter: readonly string[] } = JSON.parse(readFileSync('test/golden/easter.json', 'utf8'));

const DAY = 86_400_000;
const shifted = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10);
const anyDate = fc
  .integer({ min: Date.UTC(1990, 0, 2) / DAY, max: Date.UTC(2050, 11, 20) / DAY })
  .map((day) => new Date(day * DAY).toISOString().slice(0, 10));

/** Wall clock parts in New York from the runtime's own time zone data, by another road than the module's. */
const wallClock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'America/New_York',
  dateStyle: 'short',
  timeStyle: 'medium',
});

describe('the NYSE calendar', () => {
  it('closes on exactly the days that published lists name, 1990 to 2030', () => {
    const closed: string[] = [];
    for (let date = '1990-01-01'; date <= '2030-12-31'; date = shifted(date, 1)) {
      if (holidayOn(date) !== undefined) closed.push(date);
    }
    expect(closed).toEqual([...golden.closed].sort());
  });

  it('closes early on exactly the days and hours that published lists name, 1990 to 2030', () => {
    const early: Record<string, string> = {};
    for (const date of tradingDays('1990-01-01', '2030-12-31')) {
      const day = tradingDay(date);
      if (day?.early) early[date] = wallClock.format(day.closeMs).slice(11, 16);
    }
    expect(early).toEqual(golden.early);
  });

  it('is closed on the Friday before every Easter to 2050', () => {
    expect(easter).toHaveLength(61);
    for (const sunday of easter) {
      expect(holidayOn(shifted(sunday, -2))).toBe('Good Friday');
      expect(holidayOn(shifted(sunday, 1))).toBeUndefined();
    }
  });

  it('has no New Year holiday when 1 January is a Saturday, and keeps Sunday ones on Monday', () => {
    expect(isTradingDay('2021-12-31')).toBe(true);
    expect(isTradingDay('2027-12-31')).toBe(true);
    expect(holidayOn('2023-01-02')).toBe("New Year's Day");
    expect(holidayOn('2049-01-01')).toBe("New Year's Day");
  });

  it('keeps Martin Luther King Jr. Day from 1998 and Juneteenth from 2022', () => {
    expect(isTradingDay('1997-01-20')).toBe(true);
    expect(holidayOn('1998-01-19')).toBe('Martin Luther King Jr. Day');
    expect(isTradingDay('2021-06-18')).toBe(true);
    expect(holidayOn('2022-06-20')).toBe('Juneteenth');
    expect(holidayOn('2027-06-18')).toBe('Juneteenth');
  });

  it('opens at 09:30 and closes at 16:00 New York on both sides of the clock changes', () => {
    for (const date of [
      '2026-03-06',
      '2026-03-09',
      '2026-10-30',
      '2026-11-02',
      '1995-04-03',
      '2006-10-30',
      '2050-11-07',
    ]) {
      const day = tradingDay(date);
      expect(day && wallClock.format(day.openMs)).toBe(`${date} 09:30:00`);
      expect(day && wallClock.format(day.closeMs)).toBe(`${date} 16:00:00`);
    }
  });

  it('counts a weekend across the spring change as 71 hours', () => {
    expect(newYorkInstant('2026-03-09', 16, 0) - newYorkInstant('2026-03-06', 16, 0)).toBe(71 * 3_600_000);
    expect(newYorkInstant('2026-11-02', 16, 0) - newYorkInstant('2026-10-30', 16, 0)).toBe(73 * 3_600_000);
  });

  it('opens late on the days that were', () => {
    expect(wallClock.format(tradingDay('2002-09-11')?.openMs)).toBe('2002-09-11 12:00:00');
    expect(wallClock.format(tradingDay('1996-01-08')?.openMs)).toBe('1996-01-08 11:00:00');
  });

  it('steps over weekends, holidays and closures', () => {
    expect(nextTradingDay('2001-09-10')).toBe('2001-09-17');
    expect(previousTradingDay('2001-09-17')).toBe('2001-09-10');
    expect(nextTradingDay('2026-07-02')).toBe('2026-07-06');
    expect(previousTradingDay('2025-01-10')).toBe('2025-01-08');
    expect(tradingDays('2025-01-08', '2025-01-13')).toEqual(['2025-01-08', '2025-01-10', '2025-01-13']);
  });

  it('has next and previous sessions that are each other and nothing between', () => {
    fc.assert(
      fc.property(anyDate, (date) => {
        const next = nextTradingDay(date);
        expect(next > date && isTradingDay(next)).toBe(true);
        expect(tradingDays(shifted(date, 1), next)).toEqual([next]);
        expect(previousTradingDay(next)).toBe(isTradingDay(date) ? date : previousTradingDay(date));
      }),
    );
  });

  it('has 248 to 254 sessions in every year to 2050', () => {
    for (let year = 1990; year <= 2050; year++) {
      const count = tradingDays(`${year}-01-01`, `${year}-12-31`).length;
      expect(count, String(year)).toBeGreaterThanOrEqual(248);
      expect(count, String(year)).toBeLessThanOrEqual(254);
    }
  });

  it('names the day and the known years when a date is outside them or is none', () => {
    expect(() => isTradingDay('2051-01-03')).toThrow(
      '2051-01-03 is outside the exchange calendar, which knows 1990 to 2050',
    );
    expect(() => isTradingDay('2026-02-29')).toThrow('"2026-02-29" is not a date: write YYYY-MM-DD');
    expect(() => isTradingDay('26-2-9')).toThrow('not a date');
  });
});

describe('New York time', () => {
  it('gives the date and the instant that the time zone data gives, at any moment of 1990 to 2050', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(1990, 0, 1, 12) / 1000, max: Date.UTC(2050, 11, 31) / 1000 }),
        (seconds) => {
          const ms = seconds * 1000;
          const [date = '', time = ''] = wallClock.format(ms).split(' ');
          const [hour, minute, second] = time.split(':').map(Number) as [number, number, number];
          expect(newYorkDate(ms)).toBe(date);
          const back = newYorkInstant(date, hour, minute, second);
          // The repeated hour of autumn names two instants: the first is taken.
          expect(back === ms || back === ms - 3_600_000).toBe(true);
          expect(wallClock.format(back)).toBe(`${date} ${time}`);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is right in every half hour of the days on which clocks change', () => {
    for (const date of ['1990-04-01', '1990-10-28', '2026-03-08', '2026-11-01']) {
      for (let half = 0; half < 60; half++) {
        const ms = Date.parse(`${date}T00:00:00Z`) + half * 1_800_000;
        const [day = '', time = ''] = wallClock.format(ms).split(' ');
        const [hour, minute] = time.split(':').map(Number) as [number, number];
        expect(newYorkDate(ms)).toBe(day);
        expect(wallClock.format(newYorkInstant(day, hour, minute))).toBe(`${day} ${time}`);
      }
    }
  });
});

describe('business days', () => {
  it('counts as numpy.busday_count does in its documentation and release notes', () => {
    expect(businessDays('2011-01-01', '2011-02-01')).toBe(21);
    expect(businessDays('2011-01-01', '2012-01-01')).toBe(260);
    expect(businessDays('2023-03-17', '2023-03-17')).toBe(0);
    expect(businessDays('2011-03-14', '2011-03-11')).toBe(-1);
    expect(businessDays('2011-03-12', '2011-03-11')).toBe(0);
  });

  it('counts the weekdays one by one, holidays too', () => {
    fc.assert(
      fc.property(anyDate, fc.integer({ min: 0, max: 400 }), (from, days) => {
        let count = 0;
        for (let i = 0; i < days; i++) count += new Date(shifted(from, i)).getUTCDay() % 6 === 0 ? 0 : 1;
        expect(businessDays(from, shifted(from, days))).toBe(count);
      }),
    );
  });
});

describe('overrides', () => {
  const calendar = createCalendar([
    { date: '2027-03-01', name: 'Mourning', session: 'closed' },
    { date: '2027-03-02', name: 'Storm', session: { open: '11:00', close: '14:30' } },
    { date: '2025-01-09', name: 'Correction', session: 'regular' },
    { date: '2026-11-27', name: 'Full day', session: 'regular' },
  ]);

  it('close, shorten and restore days over the rules and the known special days', () => {
    expect(calendar.holidayOn('2027-03-01')).toBe('Mourning');
    expect(calendar.nextTradingDay('2027-02-26')).toBe('2027-03-02');
    expect(wallClock.format(calendar.tradingDay('2027-03-02')?.openMs)).toBe('2027-03-02 11:00:00');
    expect(wallClock.format(calendar.tradingDay('2027-03-02')?.closeMs)).toBe('2027-03-02 14:30:00');
    expect(calendar.tradingDay('2027-03-02')?.early).toBe(true);
    expect(calendar.isTradingDay('2025-01-09')).toBe(true);
    expect(calendar.tradingDay('2026-11-27')?.early).toBe(false);
  });

  it('leave the standing calendar as it is', () => {
    expect(isTradingDay('2027-03-01')).toBe(true);
    expect(isTradingDay('2025-01-09')).toBe(false);
  });

  it('are refused when a row has a bad date or time', () => {
    expect(() => createCalendar([{ date: '2027-3-1', name: 'x', session: 'closed' }])).toThrow(
      '"2027-3-1" is not a date',
    );
    expect(() => createCalendar([{ date: '2027-03-01', name: 'x', session: { close: '1pm' } }])).toThrow(
      '"1pm" is not a time',
    );
    const untyped: { date: string; name: string; session: 'closed' }[] = JSON.parse(
      '[{"date":"2027-03-01","name":"x"}]',
    );
    expect(() => createCalendar(untyped)).toThrow('the special day 2027-03-01 needs a session');
    expect(() => createCalendar([{ date: '2060-03-01', name: 'x', session: 'closed' }])).toThrow('outside');
  });
});
