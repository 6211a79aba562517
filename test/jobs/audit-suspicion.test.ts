import { expect, test } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { type FileFacts, medianPace, paceOf, suspicionsOf } from '../../src/jobs/audit-suspicion.js';

const at = (date: string, time: string): number => {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  return newYorkInstant(date, hour, minute, second);
};
const sessionOf = (date: string): TradingDay => {
  const session = tradingDay(date);
  if (!session) throw new Error(`${date} is no session`);
  return session;
};

/** First and last record, gaps, rows, the rows per hour expected, and the kinds that follow. */
const TABLE: readonly [string, string, string, number, number, number | undefined, string[]][] = [
  ['2025-11-26', '09:30:02', '16:00:00', 0, 23400, 3600, []],
  ['2025-11-26', '09:31:00', '15:59:00', 0, 23400, undefined, []],
  ['2025-11-26', '09:31:01', '16:00:00', 0, 23400, undefined, ['late']],
  ['2025-11-26', '09:30:00', '15:58:59', 0, 23400, undefined, ['early']],
  ['2025-11-26', '09:30:00', '16:00:00', 2, 23400, undefined, ['gaps']],
  ['2025-11-26', '09:30:00', '16:00:00', 0, 21060, 3600, []],
  ['2025-11-26', '09:30:00', '16:00:00', 0, 21059, 3600, ['few']],
  ['2025-11-26', '10:00:00', '15:00:00', 1, 100, 3600, ['late', 'early', 'gaps', 'few']],
  ['2025-11-26', '09:30:00', '16:00:00', 0, 0, 3600, ['empty']],
  // The day after Thanksgiving closes at 13:00.
  ['2025-11-28', '09:30:00', '13:00:00', 0, 12600, 3600, []],
  ['2025-11-28', '09:30:00', '12:58:59', 0, 12600, 3600, ['early']],
  ['2025-11-28', '09:30:00', '13:00:00', 0, 11339, 3600, ['few']],
  // The sessions before and after the clock change of 2 November 2025.
  ['2025-10-31', '09:30:59', '15:59:30', 0, 23400, 3600, []],
  ['2025-11-03', '09:30:59', '15:59:30', 0, 23400, 3600, []],
];

test.each(TABLE)(
  '%s from %s to %s with %i gaps and %i rows (%s an hour) is %j',
  (date, first, last, gaps, rows, pace, kinds) => {
    const facts: FileFacts = { rows, firstMs: at(date, first), lastMs: at(date, last), gaps };
    expect(suspicionsOf(facts, sessionOf(date), pace).map(({ kind }) => kind)).toEqual(kinds);
  },
);

test('a suspicion says what was found', () => {
  const facts = {
    rows: 50,
    firstMs: at('2025-11-26', '09:47'),
    lastMs: at('2025-11-26', '12:00'),
    gaps: 3,
    widestGapMs: 600_000,
  };
  expect(suspicionsOf(facts, sessionOf('2025-11-26'), 100).map(({ text }) => text)).toEqual([
    'begins at 09:47:00 New York',
    'ends at 12:00:00 New York',
    '3 gaps, the widest of 600 s',
    '50 rows, 7 % of the 20-day median',
  ]);
});

test('the median needs five days and looks at the last twenty', () => {
  expect(medianPace([1, 2, 3, 4])).toBeUndefined();
  expect(medianPace([5, 1, 4, 2, 3])).toBe(3);
  expect(medianPace([1, 2, 3, 4, 5, 6])).toBe(3.5);
  expect(medianPace([...Array(30).fill(1000), ...Array(20).fill(7)])).toBe(7);
});

test('a whole day and a half day at one record a second have the same pace', () => {
  expect(paceOf(23400, sessionOf('2025-11-26'))).toBe(paceOf(12600, sessionOf('2025-11-28')));
});
