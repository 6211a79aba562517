import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { exportArchive } from '../../src/jobs/archive-export.js';
import { listArchive } from '../../src/jobs/archive-list.js';
import { pruneArchive } from '../../src/jobs/archive-prune.js';
import { verifyArchive } from '../../src/jobs/archive-verify.js';
import { appendGap } from '../../src/stores/archive/gaps.js';
import { openStore } from '../../src/stores/sql/open.js';
import { tempFolder } from '../helpers/folder.js';
import { ctxAt, keyOf, minutesOf, writeRecords } from '../helpers/record-files.js';

const DATE = '2025-12-01';
const ctx = ctxAt('2025-12-02T01:00:00Z');

test('verify tells whole, changed, truncated, gone, torn and unlisted files apart', async () => {
  const root = tempFolder();
  const store = await openStore(':memory:');
  const categories = ['gex_full', 'gex_one', 'gex_zero', 'other'];
  const paths = categories.map((category) => writeRecords(root, keyOf(DATE, category)));
  const first = await verifyArchive({ root, adopt: true }, store.ledger, ctx);
  expect(first.counts).toMatchObject({ adopted: 4, unlisted: 0, ok: 0 });
  expect((await verifyArchive({ root, adopt: false }, store.ledger, ctx)).counts).toMatchObject({ adopted: 0, ok: 4 });
  const [full = '', one = '', zero = ''] = paths;
  writeFileSync(full, readFileSync(full, 'utf8').replace('"spot":1', '"spot":2'));
  truncateSync(one, 100);
  rmSync(zero);
  writeRecords(root, keyOf(DATE, 'torn'), { tail: '{"timestamp":' });
  writeRecords(root, keyOf(DATE, 'whole'));
  const { files, bytes } = await verifyArchive({ root, adopt: false }, store.ledger, ctx);
  expect(files.map(({ category, state }) => [category, state])).toEqual([
    ['gex_full', 'changed'],
    ['gex_one', 'truncated'],
    ['gex_zero', 'gone'],
    ['other', 'ok'],
    ['torn', 'torn'],
    ['whole', 'unlisted'],
  ]);
  expect(files[0]?.note).toBe('the size of the ledger, other bytes');
  expect(bytes).toBe(files.reduce((sum, file) => sum + file.bytes, 0));
  await store.close();
});

test('only files whose every record has its place are adopted', async () => {
  const root = tempFolder();
  const store = await openStore(':memory:');
  const times = minutesOf(DATE);
  writeRecords(root, keyOf(DATE, 'backwards'), { atMs: [...times].reverse() });
  writeRecords(root, keyOf(DATE, 'empty'), { atMs: [] });
  writeRecords(root, keyOf(DATE, 'outside'), { atMs: minutesOf('2025-11-28') });
  writeRecords(root, keyOf(DATE, 'untimed'), { tail: '{"spot":1}\n' });
  const { files } = await verifyArchive({ root, adopt: true }, store.ledger, ctx);
  expect(files.map(({ state }) => state)).toEqual(Array(4).fill('unlisted'));
  expect(files.map(({ note }) => note)).toEqual([
    expect.stringContaining('390 records are earlier'),
    'not adopted: it has no records',
    expect.stringContaining('of another date than 2025-12-01'),
    expect.stringContaining('1 records have no timestamp'),
  ]);
  expect(await store.ledger.list({})).toEqual([]);
  await store.close();
});

test('list gives times without the ledger, and rows where it describes every file', async () => {
  const root = tempFolder();
  const store = await openStore(':memory:');
  for (const ticker of ['SPX', 'SPY']) writeRecords(root, keyOf(DATE, 'gex_full', ticker));
  await verifyArchive({ root, adopt: true, tickers: ['SPY'] }, store.ledger, ctx);
  const gap = { fromMs: minutesOf(DATE)[3] ?? 0, toMs: minutesOf(DATE)[9] ?? 0, reason: 'the stream was lost' };
  await appendGap(root, DATE, 'SPY', gap);
  const { days, files, inLedger } = await listArchive({ root }, store.ledger, ctx);
  const [firstMs, lastMs] = [minutesOf(DATE)[0], minutesOf(DATE).at(-1)];
  expect(days).toEqual([
    {
      date: DATE,
      ticker: 'SPX',
      files: 1,
      bytes: expect.any(Number),
      firstMs,
      lastMs,
      sources: [],
      inLedger: 0,
      gaps: [],
    },
    { ...days[0], ticker: 'SPY', rows: 391, sources: ['adopted'], inLedger: 1, gaps: [gap] },
  ]);
  expect([files, inLedger]).toEqual([2, 1]);
  expect((await listArchive({ root: join(root, 'none') }, undefined, ctx)).days).toEqual([]);
  await store.close();
});

test('prune removes record files, indexes and ledger rows of old days, and nothing else', async () => {
  const root = tempFolder();
  const store = await openStore(':memory:');
  for (const date of ['2025-11-25', '2025-11-26', DATE]) writeRecords(root, keyOf(date));
  await verifyArchive({ root, adopt: true }, store.ledger, ctx);
  const index = join(root, '.index/2025-11-25/SPX/classic');
  mkdirSync(index, { recursive: true });
  writeFileSync(join(index, 'gex_full.idx'), '');
  writeFileSync(join(root, '2025-11-26', 'notes.txt'), 'mine');
  await appendGap(root, '2025-11-25', 'SPX', { fromMs: 0, toMs: 1000, reason: 'started late' });
  const options = { root, olderThan: { date: '2025-12-01' } };
  const plan = await pruneArchive({ ...options, remove: false }, store.ledger, ctx);
  expect(plan).toMatchObject({ removed: false, files: 2, days: [{ ledgerRows: 1 }, { ledgerRows: 1 }] });
  expect(existsSync(join(root, '2025-11-25/SPX/classic/gex_full.jsonl'))).toBe(true);
  expect(await pruneArchive({ ...options, remove: true }, store.ledger, ctx)).toEqual({ ...plan, removed: true });
  expect(readdirSync(root).sort()).toEqual(['2025-11-26', DATE]);
  expect(readdirSync(join(root, '2025-11-26'))).toEqual(['notes.txt']);
  expect((await store.ledger.list({})).map(({ date }) => date)).toEqual([DATE]);
  const days = { root, olderThan: { days: 1 }, remove: true };
  expect(await pruneArchive(days, store.ledger, ctx)).toMatchObject({ before: '2025-11-30', files: 0 });
  await store.close();
});

test('prune follows no link, out of the archive or within it', async () => {
  const [root, outside] = [tempFolder(), tempFolder()];
  const path = writeRecords(root, keyOf(DATE));
  const foreign = writeRecords(outside, keyOf('2025-11-25'));
  symlinkSync(join(root, DATE), join(root, '2025-11-24'));
  symlinkSync(join(outside, '2025-11-25'), join(root, '2025-11-25'));
  const report = await pruneArchive({ root, olderThan: { date: DATE }, remove: true }, undefined, ctx);
  expect(report).toMatchObject({ files: 0, days: [{ kept: ['2025-11-24/SPX/classic/gex_full'] }] });
  expect([existsSync(path), existsSync(foreign)]).toEqual([true, true]);
});

test('a cut-off in the future is refused', async () => {
  const options = { root: tempFolder(), olderThan: { date: '2025-12-02' }, remove: true };
  await expect(pruneArchive(options, undefined, ctx)).rejects.toMatchObject({ kind: 'usage' });
});

test('export writes the layout of the vendor into a ZIP, and the same bytes each time', async () => {
  const [root, folder] = [tempFolder(), tempFolder()];
  const path = writeRecords(root, keyOf(DATE), { tail: '{"torn' });
  writeRecords(root, keyOf('2025-11-28'));
  const options = { root, from: DATE, output: join(folder, 'day.zip'), force: false };
  const report = await exportArchive(options, ctx);
  expect(report).toMatchObject({ format: 'zip', files: 1, bytes: readFileSync(options.output).length });
  const name = `SPX/classic/gex_full/${DATE}_SPX_classic_gex_full.json.gz`;
  const unzip = 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))';
  const member = execFileSync('python3', ['-c', unzip, options.output, name]);
  const records = readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  expect(JSON.parse(gunzipSync(member).toString())).toEqual(records);
  await expect(exportArchive(options, ctx)).rejects.toMatchObject({ kind: 'usage' });
  const before = readFileSync(options.output);
  await exportArchive({ ...options, force: true }, ctx);
  expect(readFileSync(options.output).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual(['day.zip']);
});

test('export into a folder copies whole records, never into the archive itself', async () => {
  const [root, folder] = [tempFolder(), tempFolder()];
  const path = writeRecords(root, keyOf(DATE));
  const whole = readFileSync(path, 'utf8');
  appendFileSync(path, '{"torn');
  const output = join(folder, 'copy');
  const report = await exportArchive({ root, output, force: false }, ctx);
  expect(report).toMatchObject({ format: 'folder', files: 1, bytes: whole.length });
  expect(readFileSync(join(output, DATE, 'SPX/classic/gex_full.jsonl'), 'utf8')).toBe(whole);
  symlinkSync(root, join(folder, 'link'));
  for (const inside of [root, join(root, 'a/b'), join(folder, 'link/x')]) {
    await expect(exportArchive({ root, output: inside, force: true }, ctx)).rejects.toMatchObject({ kind: 'usage' });
  }
  await expect(exportArchive({ root, to: '2025-01-01', output, force: true }, ctx)).rejects.toMatchObject({
    kind: 'missing',
  });
});

test('an interrupted export leaves nothing behind', async () => {
  const [root, folder] = [tempFolder(), tempFolder()];
  writeRecords(root, keyOf(DATE));
  const reason = new Error('stop');
  const abort = new AbortController();
  const base = ctxAt('2025-12-02T01:00:00Z', abort.signal);
  const start = () => {
    abort.abort(reason);
    return { advance() {}, done() {} };
  };
  const stopped = { ...base, progress: { start } };
  for (const output of [join(folder, 'day.zip'), folder]) {
    await expect(exportArchive({ root, output, force: true }, stopped)).rejects.toBe(reason);
  }
  expect(readdirSync(folder, { recursive: true }).filter((name) => /zip|jsonl/.test(String(name)))).toEqual([]);
});
