import { expect, test } from 'vitest';
import { newYorkInstant } from '../../src/core/calendar.js';
import { barsOfSpan, joinMinutes, repairOpening } from '../../src/jobs/backfill-bars.js';
import { spansOf } from '../../src/jobs/backfill-spans.js';

const at = (hour: number, minute: number): number => newYorkInstant('2025-12-17', hour, minute);
const [SPAN = { date: '', lastDate: '', openMs: 0, closeMs: 0 }] = spansOf('Minute', '2025-12-17', '2025-12-17');
const NIGHT = at(23, 0);

const bar = (endMs: number, closed = true) => ({
  ...{ endMs, open: 10, high: 12, low: 9, close: 11, volume: 5 },
  ...{ closed, realtime: false, endOfHistory: false },
});

test('the last bar of a session that hours do not divide begins at its half hour', () => {
  const stamps = [at(10, 30), at(11, 30), at(12, 30), at(13, 30), at(14, 30), at(15, 30), at(16, 0)];
  const window = { span: SPAN, shape: { unit: 'Minute', interval: 60 }, endMs: SPAN.closeMs, nowMs: NIGHT } as const;
  const starts = barsOfSpan(
    stamps.map((stamp) => bar(stamp)),
    window,
  ).map(({ startMs }) => startMs);
  expect(starts).toEqual([at(9, 30), ...stamps.slice(0, -1)]);
});

test('bars outside the session, still open, or not over by now are left out', () => {
  const bars = [bar(at(9, 30)), bar(at(9, 31)), bar(at(9, 32), false), bar(at(9, 33)), bar(at(16, 1))];
  const window = { span: SPAN, shape: { unit: 'Minute', interval: 1 }, endMs: SPAN.closeMs } as const;
  const starts = (nowMs: number) => barsOfSpan(bars, { ...window, nowMs }).map(({ startMs }) => startMs);
  expect(starts(NIGHT)).toEqual([at(9, 30), at(9, 32)]);
  expect(starts(at(9, 32))).toEqual([at(9, 30)]);
});

const minute = (startMs: number, close: number) => ({
  ...{ startMs, open: close, high: close + 1, low: close - 1, close, volume: 2, openInterest: Number.NaN },
});

test('an interval of joined minutes is left out until it is over', () => {
  const minutes = [0, 1, 2, 3, 4, 5, 6].map((i) => minute(at(9, 30 + i), 100 + i));
  const join = (nowMs: number) => joinMinutes(minutes, { span: SPAN, shape: { unit: 'Minute', interval: 5 }, nowMs });
  expect(join(at(9, 37))).toEqual([
    { startMs: at(9, 30), open: 100, high: 105, low: 99, close: 104, volume: 10, openInterest: Number.NaN },
  ]);
  expect(join(at(9, 40)).map(({ startMs, close }) => [startMs, close])).toEqual([
    [at(9, 30), 104],
    [at(9, 35), 106],
  ]);
});

test('a phantom opening gives up the high or low it dragged, and keeps the other', () => {
  const first = { ...minute(at(9, 30), 105), open: 100, high: 106, low: 100 };
  const { minutes, repair } = repairOpening([first, minute(at(9, 31), 106)], SPAN, [99, 100.001]);
  expect(minutes[0]).toMatchObject({ open: 105, high: 106, low: 105, close: 105 });
  expect(repair).toEqual({ date: '2025-12-17', phantom: 100, open: 105 });
  for (const closes of [[], [99]]) expect(repairOpening([first], SPAN, closes)).toEqual({ minutes: [first] });
  // A session whose opening minute is missing has no opening to repair.
  const later = { ...first, startMs: at(9, 31) };
  expect(repairOpening([later], SPAN, [100])).toEqual({ minutes: [later] });
});
