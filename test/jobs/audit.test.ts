import { appendFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tradingDays } from '../../src/core/calendar.js';
import { verifyArchive } from '../../src/jobs/archive-verify.js';
import { auditArchive } from '../../src/jobs/audit.js';
import { openStore } from '../../src/stores/sql/open.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { tempFolder } from '../helpers/folder.js';
import { ctxAt, keyOf, minutesOf, writeRecords } from '../helpers/record-files.js';

const NOW = '2025-12-02T01:00:00Z'; // Monday evening in New York
const ctx = ctxAt(NOW);

test('every session is expected since the first date held: half days are, holidays and weekends are not', async () => {
  const root = tempFolder();
  for (const date of ['2025-11-26', '2025-11-28']) writeRecords(root, keyOf(date));
  const report = await auditArchive({ root }, { ledger: undefined }, ctx);
  expect(report).toMatchObject({ from: '2025-11-26', to: '2025-12-01', sessions: 3, expected: 3, held: 2, holes: 1 });
  expect(report.cells).toEqual([
    { ...keyOf('2025-12-01'), state: 'missing', reasons: [], note: 'never fetched', hole: true, daysLeft: 90 },
  ]);
  const early = await auditArchive({ root }, { ledger: undefined }, ctxAt('2025-12-01T20:59:59Z'));
  expect(early).toMatchObject({ to: '2025-11-28', holes: 0 });
});

test('an archive older than the window of the vendor is audited for those 90 days, and further on request', async () => {
  const root = tempFolder();
  for (const date of ['2025-06-02', '2025-12-01']) writeRecords(root, keyOf(date));
  const report = await auditArchive({ root }, { ledger: undefined }, ctx);
  expect([report.from, report.cells[0]?.daysLeft]).toEqual(['2025-09-02', 0]);
  const whole = await auditArchive({ root, from: '2025-06-02' }, { ledger: undefined }, ctx);
  expect(whole.cells[0]).toMatchObject({ date: '2025-06-03', hole: true, daysLeft: -91 });
  expect(whole.daysLeft).toBe(0);
});

test('what the ledger says of a file that is not there is told', async () => {
  const root = tempFolder();
  const store = await openStore(':memory:');
  const row = { source: 'download', attempts: 1 } as const;
  await store.ledger.put([
    { ...keyOf('2025-11-25'), ...row, state: 'missing' },
    { ...keyOf('2025-11-26'), ...row, state: 'failed', lastError: 'HTTP 503' },
    { ...keyOf('2025-11-28'), ...row, state: 'held', bytes: 1 },
  ]);
  const { cells, failed, missing } = await auditArchive({ root, to: '2025-11-28' }, store, ctx);
  expect(cells.map(({ state, note }) => [state, note])).toEqual([
    ['missing', 'the vendor had none when it was asked'],
    ['failed', 'HTTP 503'],
    ['missing', 'the ledger has it, the file is gone'],
  ]);
  expect([failed, missing]).toEqual([1, 2]);
  await store.close();
});

test('a file that has changed since it was entered, and a torn one, are holes', async () => {
  const root = tempFolder();
  const store = await openStore(':memory:');
  const path = writeRecords(root, keyOf('2025-11-28'));
  await verifyArchive({ root, adopt: true }, store.ledger, ctx);
  appendFileSync(path, '{}\n');
  writeRecords(root, keyOf('2025-12-01'), { tail: '{"timestamp":1,' });
  const report = await auditArchive({ root }, store, ctx);
  expect(report.cells.map(({ date, state, reasons, hole }) => [date, state, reasons[0]?.kind, hole])).toEqual([
    ['2025-11-28', 'suspicious', 'differs', true],
    ['2025-12-01', 'suspicious', 'torn', true],
  ]);
  expect(report.holes).toBe(2);
  await store.close();
});

test('rows are compared with the days before, half days by their length', async () => {
  const root = tempFolder();
  const dates = tradingDays('2025-11-18', '2025-12-01');
  for (const date of dates) writeRecords(root, keyOf(date));
  const thin = minutesOf('2025-12-01').filter((_, i) => i % 8 !== 1); // 87.5 %, no gap over 120 s
  writeRecords(root, keyOf('2025-12-01'), { atMs: thin });
  const { cells } = await auditArchive({ root }, { ledger: undefined }, ctx);
  expect(cells.map(({ date, reasons }) => [date, reasons.map(({ kind }) => kind)])).toEqual([['2025-12-01', ['few']]]);
});

test('a gap of more than 120 seconds is found once and then known to the ledger', async () => {
  const root = tempFolder();
  const store = await openStore(':memory:');
  const key = keyOf('2025-12-01');
  const atMs = minutesOf(key.date).filter((_, i) => i < 100 || i > 109);
  const path = writeRecords(root, key, { atMs });
  const before = { ...key, state: 'held', source: 'download', attempts: 1, bytes: statSync(path).size } as const;
  await store.ledger.put([before]);
  const reasons = [{ kind: 'gaps', text: '1 gap of 660 s' }];
  expect((await auditArchive({ root }, store, ctx)).cells).toMatchObject([{ reasons }]);
  expect(await store.ledger.get(key)).toMatchObject({ ...before, gaps: 1, widestGapMs: 660_000, rows: atMs.length });
  writeFileSync(path, 'x'.repeat(before.bytes)); // would be torn if it were read again
  expect((await auditArchive({ root }, store, ctx)).cells).toMatchObject([{ reasons }]);
  await store.close();
});

test('tickers are expected with what they hold, or with what is named', async () => {
  const root = tempFolder();
  writeRecords(root, keyOf('2025-12-01', 'gex_zero', 'SPY'));
  for (const category of ['gex_full', 'gex_zero']) writeRecords(root, keyOf('2025-12-01', category));
  expect(await auditArchive({ root }, { ledger: undefined }, ctx)).toMatchObject({ expected: 3, holes: 0 });
  const named = await auditArchive({ root, tickers: ['NDX'], categories: CATEGORIES }, { ledger: undefined }, ctx);
  expect(named).toMatchObject({ tickers: ['NDX'], expected: 15 * tradingDays(named.from, named.to).length, held: 0 });
  await expect(auditArchive({ root: tempFolder() }, { ledger: undefined }, ctx)).rejects.toMatchObject({
    kind: 'missing',
    message: expect.stringContaining('--tickers'),
  });
});

test('files that are removed between two looks become holes', async () => {
  const root = tempFolder();
  const path = writeRecords(root, keyOf('2025-12-01'));
  writeRecords(root, keyOf('2025-12-01', 'gex_one'));
  const start = () => {
    rmSync(path);
    return { advance() {}, done() {} };
  };
  const removing = { ...ctx, progress: { start } };
  expect(await auditArchive({ root }, { ledger: undefined }, removing)).toMatchObject({ held: 1, missing: 1 });
});

test('an interrupted audit stops with the reason', async () => {
  const root = tempFolder();
  writeRecords(root, keyOf('2025-12-01'));
  const reason = new Error('stop');
  const stopped = ctxAt(NOW, AbortSignal.abort(reason));
  await expect(auditArchive({ root }, { ledger: undefined }, stopped)).rejects.toBe(reason);
});
