import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import { NYSE, newYorkInstant } from '../../src/core/calendar.js';
import { plusDays } from '../../src/core/dates.js';
import { GexError } from '../../src/errors.js';
import { systemClock } from '../../src/io/ctx.js';
import { runDue } from '../../src/jobs/daemon-run.js';
import { createSchedule } from '../../src/jobs/daemon-schedule.js';
import { daysLeft, oldestKept } from '../../src/jobs/vendor-window.js';
import { Archive, history, NEW_YORK_EVENING, OPTIONS, start, testCtx, VirtualClock } from '../helpers/daemon-world.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const at = (text: string): number => DateTime.fromISO(text, { zone: 'America/New_York' }).toMillis();
const text = (ms: number): string => DateTime.fromMillis(ms, { zone: 'America/New_York' }).toFormat('yyyy-MM-dd HH:mm');
const sessions = (from: string, to: string): string[] => NYSE.tradingDays(from, to);

/** When a session is due, from another library's local times. */
function expectedDue(date: string, { hour, minute, zone }: { hour: number; minute: number; zone: string }): number {
  const closeMs = NYSE.tradingDay(date)?.closeMs ?? Number.NaN;
  const { year, month, day } = DateTime.fromMillis(closeMs, { zone });
  return Math.max(closeMs + 30 * MINUTE, DateTime.fromObject({ year, month, day, hour, minute }, { zone }).toMillis());
}

/** Everything before is held, as after years of service. */
function inService(archive: Archive, startMs: number): void {
  const today = text(startMs).slice(0, 10);
  for (const date of sessions(plusDays(today, -120), plusDays(today, -1))) archive.held.add(date);
}

test.each([
  { hour: 20, minute: 0, zone: 'America/New_York' },
  { hour: 2, minute: 30, zone: 'America/New_York' },
  { hour: 20, minute: 0, zone: 'UTC' },
  { hour: 20, minute: 0, zone: 'Asia/Tokyo' },
  { hour: 1, minute: 30, zone: 'Australia/Sydney' },
])(
  'from 2020 to 2035 each session is run once, when it is due at $hour:$minute in $zone, and no other day is',
  { timeout: 120_000 },
  async (when) => {
    const clock = new VirtualClock(at('2020-01-01T12:00'));
    const archive = new Archive();
    inService(archive, clock.now());
    const daily = { hour: when.hour, minute: when.minute, timeZone: when.zone };
    const daemon = start(archive, { clock, runs: await history(), daily, options: { wakeMs: 24 * HOUR } });
    await clock.moveTo(at('2036-01-03T12:00'));
    await daemon.stop();
    const all = sessions('2020-01-01', '2036-01-02');
    expect(archive.runs.map(({ dates }) => dates)).toEqual(all.map((date) => [date]));
    expect(archive.runs.map(({ atMs }) => atMs)).toEqual(all.map((date) => expectedDue(date, when)));
    expect(archive.messages.filter(({ event }) => event !== 'success')).toEqual([]);
    expect(archive.remembered).toEqual(all);
  },
);

test('a daemon that looks at the clock every minute runs the sessions of two months at their minute, over a clock change', async () => {
  const clock = new VirtualClock(at('2026-02-01T00:00:13'));
  const archive = new Archive();
  inService(archive, clock.now());
  const daemon = start(archive, { clock, runs: await history() });
  await clock.moveTo(at('2026-03-31T23:00'));
  await daemon.stop();
  expect(archive.runs.map(({ atMs }) => text(atMs))).toEqual(
    sessions('2026-02-01', '2026-03-31').map((date) => `${date} 20:00`),
  );
});

test.each([
  ['2026-11-27', { hour: 12, minute: 0 }, '2026-11-27 13:30'], // the half day after Thanksgiving
  ['2026-11-27', { hour: 20, minute: 0 }, '2026-11-27 20:00'],
  ['2026-11-25', { hour: 12, minute: 0 }, '2026-11-25 16:30'],
  ['2026-11-25', { hour: 16, minute: 15 }, '2026-11-25 16:30'],
])('the session of %s is due after its close also when the time of the schedule %j is before it', (date, time, due) => {
  const schedule = createSchedule({ ...time, timeZone: 'America/New_York' });
  const found = schedule.next(at(`${date}T09:00`));
  expect([found.date, text(found.dueMs)]).toEqual([date, due]);
  expect(schedule.last(found.dueMs)).toEqual(found);
  expect(schedule.last(found.dueMs - 1).date).toBe(NYSE.previousTradingDay(date));
  expect(schedule.next(found.dueMs).date).toBe(NYSE.nextTradingDay(date));
});

test('due instants ascend strictly in every zone of the world', () => {
  const zones = Intl.supportedValuesOf('timeZone').filter((_, i) => i % 20 === 0);
  for (const timeZone of [...zones, 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Australia/Lord_Howe']) {
    const schedule = createSchedule({ hour: 0, minute: 15, timeZone });
    let last = schedule.last(at('2026-01-01T12:00'));
    for (let i = 0; i < 252; i++) {
      const next = schedule.next(last.dueMs);
      expect(next.date).toBe(NYSE.nextTradingDay(last.date));
      expect(next.dueMs).toBeGreaterThan(last.dueMs);
      expect(next.dueMs).toBeGreaterThanOrEqual((NYSE.tradingDay(next.date)?.closeMs ?? 0) + 30 * MINUTE);
      last = next;
    }
  }
});

/** Ten days without power from 2026-03-05 noon to 2026-03-16 noon, New York; the sessions of 03-05 to 03-13 are missed. */
const OUTAGE = sessions('2026-03-05', '2026-03-13');

test.each([
  ['none', [['2026-03-13'], ['2026-03-16'], ['2026-03-17']]],
  [
    'one',
    [
      ['2026-03-05', '2026-03-13'],
      ['2026-03-06', '2026-03-16'],
      ['2026-03-09', '2026-03-17'],
    ],
  ],
  [
    'recent',
    [
      ['2026-03-06', '2026-03-09', '2026-03-10', '2026-03-11', '2026-03-12', '2026-03-13'],
      ['2026-03-16'],
      ['2026-03-17'],
    ],
  ],
  ['all', [OUTAGE, ['2026-03-16'], ['2026-03-17']]],
] as const)('after an outage of ten days catch-up %s runs %j', async (catchUp, expected) => {
  const clock = new VirtualClock(at('2026-03-16T12:00'));
  const archive = new Archive();
  inService(archive, at('2026-03-05T00:00'));
  const daemon = start(archive, { clock, runs: await history(), options: { catchUp } });
  await clock.moveTo(at('2026-03-18T12:00'));
  await daemon.stop();
  expect(archive.runs.map(({ dates }) => dates)).toEqual(expected);
  expect(text(archive.runs[0]?.atMs ?? 0)).toBe('2026-03-16 12:00');
});

test('a run takes up no more missed sessions than it may, those the vendor drops first', async () => {
  const clock = new VirtualClock(at('2026-03-16T12:00'));
  const archive = new Archive();
  inService(archive, at('2026-03-05T00:00'));
  const daemon = start(archive, { clock, runs: await history(), options: { maxCatchUp: 2 } });
  await clock.moveTo(at('2026-03-17T12:00'));
  await daemon.stop();
  expect(archive.runs.map(({ dates }) => dates)).toEqual([
    ['2026-03-05', '2026-03-06', '2026-03-13'],
    ['2026-03-09', '2026-03-10', '2026-03-16'],
  ]);
});

test('an empty archive is filled with all that the vendor keeps, oldest first, and nothing older', async () => {
  const clock = new VirtualClock(at('2026-06-10T23:59'));
  const archive = new Archive();
  const daemon = start(archive, { clock, runs: await history(), options: { runOnStartup: true } });
  await clock.moveTo(at('2026-06-11T10:00'));
  await daemon.stop();
  expect(archive.runs.map(({ dates }) => dates)).toEqual([sessions('2026-03-12', '2026-06-10')]);
});

test('a date is kept for 90 days after it, in New York', () => {
  const last = at('2026-06-10T23:59:59');
  expect([oldestKept(last), daysLeft('2026-03-12', last)]).toEqual(['2026-03-12', 0]);
  expect([oldestKept(last + 1000), daysLeft('2026-06-10', last)]).toEqual(['2026-03-13', 90]);
});

test('a daemon that does not run on startup waits for the next session', async () => {
  const clock = new VirtualClock(at('2026-03-16T12:00'));
  const archive = new Archive();
  inService(archive, at('2026-03-05T00:00'));
  const daemon = start(archive, { clock, runs: await history(), options: { runOnStartup: false } });
  await clock.moveTo(at('2026-03-16T19:59'));
  expect(archive.runs).toEqual([]);
  await clock.moveTo(at('2026-03-16T21:00'));
  await daemon.stop();
  expect(archive.runs.map(({ dates }) => dates)).toEqual([[...OUTAGE, '2026-03-16']]);
});

test('a daemon that stood by runs what came due while it did, also when it does not run on startup', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, at('2026-03-18T00:00'));
  archive.fetchMs = HOUR;
  const runs = await history();
  const first = start(archive, { clock, runs });
  await clock.moveTo(at('2026-03-18T19:55'));
  const second = start(archive, { clock, runs, options: { runOnStartup: false } });
  await clock.moveTo(at('2026-03-18T20:30'));
  await first.stop();
  await clock.moveTo(at('2026-03-18T22:00'));
  await second.stop();
  expect(archive.held.has('2026-03-18')).toBe(true);
});

test('a vendor that is late is asked again the same evening, and two messages tell of it', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  archive.vendor = (date, atMs) => (atMs < newYorkInstant(date, 22, 0) ? 'absent' : 'there');
  const daemon = start(archive, { clock, runs: await history() });
  await clock.moveTo(at('2026-03-19T12:00'));
  await daemon.stop();
  expect(archive.runs.map(({ atMs, got }) => [text(atMs).slice(11), got.length])).toEqual([
    ...[
      ['20:00', 0],
      ['20:06', 0],
      ['20:22', 0],
      ['20:53', 0],
      ['21:54', 0],
    ],
    ['23:55', 1],
  ]);
  expect(archive.messages.map(({ event }) => event)).toEqual(['failure', 'recovered']);
  expect(daemon.lines).toContain('10 files of 2026-03-18 are missing: the vendor has not published them yet');
});

test('a session that failed all evening is run again after each later session until it is there', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  archive.vendor = (date, atMs) => (date === '2026-03-18' && atMs < at('2026-03-23T20:00') ? 'fails' : 'there');
  const daemon = start(archive, { clock, runs: await history(), options: { retryDelaysMs: [5 * MINUTE] } });
  await clock.moveTo(at('2026-03-25T12:00'));
  await daemon.stop();
  expect(archive.runs.map(({ atMs, dates }) => [text(atMs), dates])).toEqual([
    ...[
      ['2026-03-18 20:00', ['2026-03-18']],
      ['2026-03-18 20:06', ['2026-03-18']],
    ],
    ...[
      ['2026-03-19 20:00', ['2026-03-18', '2026-03-19']],
      ['2026-03-19 20:07', ['2026-03-18']],
    ],
    ...[
      ['2026-03-20 20:00', ['2026-03-18', '2026-03-20']],
      ['2026-03-20 20:07', ['2026-03-18']],
    ],
    ['2026-03-23 20:00', ['2026-03-18', '2026-03-23']],
    ['2026-03-24 20:00', ['2026-03-24']],
  ]);
  expect(archive.remembered).toEqual(['2026-03-23', '2026-03-24']);
});

test('what the vendor never published is asked for with each run and stops counting as a failure after three days', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  archive.vendor = (date) => (date === '2026-03-18' ? 'absent' : 'there');
  const daemon = start(archive, { clock, runs: await history(), options: { retryDelaysMs: [] } });
  await clock.moveTo(at('2026-03-25T12:00'));
  await daemon.stop();
  expect(archive.runs.every(({ dates }) => dates[0] === '2026-03-18')).toBe(true);
  expect(archive.messages.map(({ event }) => event)).toEqual(['failure', 'failure', 'failure', 'recovered', 'success']);
});

test('files that are odd are told and kept in the history, and the run is no failure', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  archive.suspicious = ['2026-03-18/SPX/classic/gex_full begins at 09:47:00 New York'];
  const runs = await history();
  const daemon = start(archive, { clock, runs });
  await clock.moveTo(at('2026-03-19T12:00'));
  await daemon.stop();
  expect(daemon.lines).toContain(archive.suspicious[0]);
  expect(await runs.latest(5, 'daemon')).toMatchObject([
    { status: 'done', report: { suspicious: archive.suspicious } },
  ]);
});

test('a refused key is told once and not tried again the same evening', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  const ports = archive.ports(await history(), clock);
  let asked = 0;
  const run = async (): Promise<never> => {
    asked++;
    throw new GexError('auth', 'the vendor refused the key');
  };
  archive.ports = () => ({ ...ports, run });
  const daemon = start(archive, { clock, runs: ports.runs });
  await clock.moveTo(at('2026-03-20T12:00'));
  await daemon.stop();
  expect(asked).toBe(2);
  expect((await ports.runs.latest(5, 'daemon')).map(({ status }) => status)).toEqual(['failed', 'failed']);
  expect(daemon.lines.filter((line) => line === 'the vendor refused the key')).toHaveLength(2);
});

test('a daemon survives a ledger, a message and a state file that fail, and runs when they work again', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  const ports = archive.ports(await history(), clock);
  const broken = async (): Promise<never> => {
    throw new GexError('storage', 'the disk is full');
  };
  const holes: typeof ports.holes = (dates, ctx) =>
    clock.now() < at('2026-03-18T20:03') && clock.now() > at('2026-03-18T20:00') - 1
      ? broken()
      : ports.holes(dates, ctx);
  archive.ports = () => ({ ...ports, holes, notify: broken, remember: broken });
  const daemon = start(archive, { clock, runs: ports.runs });
  await clock.moveTo(at('2026-03-18T23:00'));
  await daemon.stop();
  expect(archive.runs.map(({ atMs }) => text(atMs))).toEqual(['2026-03-18 20:05']);
  expect(daemon.lines).toContain('the run could not be made: the disk is full');
});

test('of two daemons on one folder the second stands by, says for whom, and takes over when the first has ended', async () => {
  const clock = new VirtualClock(at('2026-03-16T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  const runs = await history();
  const first = start(archive, { clock, runs });
  await clock.moveTo(at('2026-03-17T19:50'));
  const second = start(archive, { clock, runs });
  await clock.moveTo(at('2026-03-17T20:30'));
  expect(second.lines).toEqual([
    expect.stringMatching(/^a daemon runs in process \d+ on \S+ since .*; waiting until it has ended$/),
  ]);
  await first.stop();
  await clock.moveTo(at('2026-03-20T12:00'));
  await second.stop();
  expect(archive.runs.map(({ dates }) => dates)).toEqual(sessions('2026-03-16', '2026-03-19').map((date) => [date]));
  expect(archive.messages).toHaveLength(4);
});

test('a run by hand while the daemon fetches waits for it and finds nothing left to do', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  archive.fetchMs = HOUR;
  const runs = await history();
  const daemon = start(archive, { clock, runs });
  await clock.moveTo(at('2026-03-18T20:30'));
  const lines: string[] = [];
  const byHand = runDue(
    createSchedule(),
    { options: OPTIONS },
    archive.ports(runs, clock),
    testCtx(clock, undefined, lines),
  );
  await clock.moveTo(at('2026-03-18T21:30'));
  expect(await byHand).toBeUndefined();
  expect(lines[0]).toMatch(/^a run is going on in process/);
  expect(archive.runs).toHaveLength(1);
  await daemon.stop();
});

test('a clock that steps back an hour after a run makes no second one, and before one the run waits for the right time', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  const daemon = start(archive, { clock, runs: await history() });
  await clock.moveTo(at('2026-03-18T20:30'));
  clock.offsetMs = -HOUR;
  await clock.moveTo(at('2026-03-19T12:00'));
  expect(archive.runs.map(({ atMs }) => text(atMs))).toEqual(['2026-03-18 20:00']);
  await clock.moveTo(at('2026-03-19T20:30'));
  expect(archive.runs).toHaveLength(1);
  await clock.moveTo(at('2026-03-19T21:30'));
  await daemon.stop();
  expect(archive.runs.map(({ atMs }) => text(atMs))).toEqual(['2026-03-18 20:00', '2026-03-19 20:00']);
});

test('a clock that steps a day ahead and back loses no session', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  // What the vendor has depends on the true time.
  archive.vendor = (date, atMs) => (atMs - clock.offsetMs < newYorkInstant(date, 16, 0) ? 'absent' : 'there');
  const daemon = start(archive, { clock, runs: await history() });
  clock.offsetMs = 24 * HOUR;
  await clock.moveTo(at('2026-03-18T17:00'));
  clock.offsetMs = 0;
  await clock.moveTo(at('2026-03-20T12:00'));
  await daemon.stop();
  const got = archive.runs.flatMap(({ atMs, got }) => (got.length > 0 ? [[text(atMs), got]] : []));
  expect(got).toEqual([
    ['2026-03-18 20:00', ['2026-03-18']],
    ['2026-03-19 20:00', ['2026-03-19']],
  ]);
});

test('a retry does not wait for an hour that a clock set back repeats', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  archive.vendor = () => 'fails';
  const daemon = start(archive, { clock, runs: await history() });
  await clock.moveTo(at('2026-03-18T21:00'));
  clock.offsetMs = -50 * MINUTE; // the next retry would be at 21:54, an hour after the last attempt
  await clock.moveTo(at('2026-03-18T22:30'));
  await daemon.stop();
  expect(archive.runs.map(({ atMs }) => text(atMs).slice(11))).toEqual(['20:00', '20:06', '20:22', '20:53', '21:11']);
});

test('a laptop that slept over the scheduled time runs within a minute of waking', async () => {
  const clock = new VirtualClock(at('2026-03-18T19:00:30'));
  const archive = new Archive();
  inService(archive, clock.now());
  const daemon = start(archive, { clock, runs: await history() });
  await clock.moveTo(at('2026-03-18T19:10'));
  clock.offsetMs = 38 * HOUR; // asleep for 38 hours in which no timer ran
  await clock.moveTo(at('2026-03-18T19:12'));
  await daemon.stop();
  expect(archive.runs.map(({ atMs, dates }) => [text(atMs), dates])).toEqual([
    ['2026-03-20 09:10', ['2026-03-18', '2026-03-19']],
  ]);
});

test('an interrupted run is in the history as such and its session is run by the next daemon', async () => {
  const clock = new VirtualClock(at('2026-03-18T12:00'));
  const archive = new Archive();
  inService(archive, clock.now());
  archive.fetchMs = HOUR;
  const runs = await history();
  const first = start(archive, { clock, runs });
  await clock.moveTo(at('2026-03-18T20:10'));
  expect(await first.stop()).toMatchObject({ kind: 'interrupted' });
  const [row] = await runs.latest(1, 'daemon');
  expect(row).toMatchObject({ status: 'interrupted', options: { dates: ['2026-03-18'] } });
  expect(archive.messages).toEqual([]);
  const second = start(archive, { clock, runs });
  await clock.moveTo(at('2026-03-18T23:00'));
  await second.stop();
  expect(archive.held.has('2026-03-18')).toBe(true);
});

test('the real clock is what a daemon looks at by default', () => {
  expect(createSchedule(NEW_YORK_EVENING).next(systemClock.now()).dueMs).toBeGreaterThan(Date.now());
});
