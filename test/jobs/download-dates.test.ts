import { expect, test } from 'vitest';
import { downloadDates } from '../../src/jobs/download-dates.js';

/** A Monday, 17:00 New York. */
const MONDAY_EVENING = Date.parse('2025-12-01T22:00:00Z');

test('a range has its sessions, and every other date with the reason', () => {
  const { dates, skipped, old } = downloadDates({ first: '2025-11-26', last: '2025-12-01' }, MONDAY_EVENING);
  expect(dates).toEqual(['2025-11-26', '2025-11-28', '2025-12-01']);
  expect(skipped).toEqual([
    { date: '2025-11-27', reason: 'Thanksgiving Day' },
    { date: '2025-11-29', reason: 'Saturday' },
    { date: '2025-11-30', reason: 'Sunday' },
  ]);
  expect(old).toEqual([]);
});

test('a lookback ends yesterday, by the date of New York', () => {
  const afterMidnightUtc = Date.parse('2025-12-02T02:00:00Z');
  expect(downloadDates({ lookback: 5 }, afterMidnightUtc).dates).toEqual(['2025-11-26', '2025-11-28']);
});

test('a session that is not over, and one to come, are skipped with the reason', () => {
  const beforeClose = Date.parse('2025-12-01T20:59:59Z');
  const { dates, skipped } = downloadDates({ first: '2025-11-28', last: '2025-12-02' }, beforeClose);
  expect(dates).toEqual(['2025-11-28']);
  expect(skipped.slice(2)).toEqual([
    { date: '2025-12-01', reason: 'its session ends at 21:00 UTC' },
    { date: '2025-12-02', reason: 'in the future' },
  ]);
  expect(downloadDates({ first: '2025-12-01', last: '2025-12-01' }, beforeClose + 1000).dates).toEqual(['2025-12-01']);
});

test.each([
  ['2025-11-29', '2025-11-30', 'no market days from 2025-11-29 to 2025-11-30 (Saturday, Sunday)'],
  ['2025-11-27', '2025-11-27', 'no market days on 2025-11-27 (Thanksgiving Day)'],
  ['2026-03-02', '2026-03-02', 'no market days on 2026-03-02 (in the future)'],
])('%s to %s has nothing left, which is an error that says why', (first, last, sentence) => {
  expect(() => downloadDates({ first, last }, MONDAY_EVENING)).toThrow(
    expect.objectContaining({ kind: 'missing', message: expect.stringContaining(sentence) }),
  );
});

test('the error names the sessions around', () => {
  expect(() => downloadDates({ first: '2025-11-29', last: '2025-11-30' }, MONDAY_EVENING)).toThrow(
    'the sessions around are 2025-11-28 and 2025-12-01',
  );
});

test('a range that runs backwards is refused', () => {
  expect(() => downloadDates({ first: '2025-11-28', last: '2025-11-26' }, MONDAY_EVENING)).toThrow(
    expect.objectContaining({ kind: 'usage', message: '2025-11-26 is before 2025-11-28: give the first date first' }),
  );
});

test('sessions more than 90 days ago are kept and told apart', () => {
  const { dates, old } = downloadDates({ first: '2025-08-29', last: '2025-09-03' }, MONDAY_EVENING);
  expect(dates).toEqual(['2025-08-29', '2025-09-02', '2025-09-03']);
  expect(old).toEqual(['2025-08-29']);
});
