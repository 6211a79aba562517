import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { newYorkInstant } from '../../src/core/calendar.js';
import { GexError } from '../../src/errors.js';
import { type Ctx, systemClock } from '../../src/io/ctx.js';
import { type ConvertOptions, convert } from '../../src/jobs/convert.js';
import { openStore } from '../../src/stores/sql/open.js';
import { tempFolder } from '../helpers/folder.js';
import { tinyDisk } from '../helpers/tiny-disk.js';

const OPEN = newYorkInstant('2026-01-05', 9, 30) / 1000;
const DAY = '2026-01-05/SPX/state';

const recordsOf = (count: number) => Array.from({ length: count }, (_, i) => ({ timestamp: OPEN + i, spot: i / 7 }));
const arrayOf = (count: number): string => JSON.stringify(recordsOf(count));
const linesOf = (count: number): string =>
  recordsOf(count)
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');

function put(path: string, content: string | Buffer): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function ctxWith(parts: Partial<Ctx> = {}): Ctx {
  const silent = () => undefined;
  return {
    log: { debug: silent, info: silent, warn: silent, error: silent },
    clock: systemClock,
    signal: new AbortController().signal,
    progress: { start: () => ({ advance: silent, done: silent }) },
    ...parts,
  };
}

const run = (options: Partial<ConvertOptions> & { paths: readonly string[] }, ctx = ctxWith()) =>
  convert({ keep: false, force: false, root: 'no-archive', ...options }, { openStore: unexpected }, ctx);

function unexpected(): never {
  throw new Error('no file of the archive was made');
}

test('arrays of a folder become lines beside them, packed or not, and make room for them', async () => {
  const root = tempFolder();
  const plain = put(join(root, DAY, 'gex_full.json'), arrayOf(1000));
  const packed = put(join(root, DAY, 'gex_zero.json.gz'), gzipSync(gzipSync(JSON.stringify(recordsOf(10), null, 2))));
  const elsewhere = put(join(root, 'notes', 'a.json'), arrayOf(2));
  put(join(root, '.staging', 'b.json'), arrayOf(2));
  symlinkSync(join(root, 'notes'), join(root, 'link'));
  const report = await run({ paths: [root] });
  expect(report).toMatchObject({ converted: 3, held: 0, failed: 0 });
  expect(report.files).toMatchObject([
    {
      ...{ path: plain, target: join(root, DAY, 'gex_full.jsonl'), state: 'converted', rows: 1000 },
      ...{ bytes: linesOf(1000).length, firstMs: OPEN * 1000, lastMs: (OPEN + 999) * 1000, backwards: 0, outside: 0 },
    },
    { path: packed, rows: 10 },
    { path: elsewhere, rows: 2 },
  ]);
  expect(readFileSync(join(root, DAY, 'gex_full.jsonl'), 'utf8')).toBe(linesOf(1000));
  expect(JSON.parse(readFileSync(join(root, DAY, 'gex_zero.jsonl'), 'utf8').split('\n')[9] as string)).toEqual(
    recordsOf(10)[9],
  );
  expect(readdirSync(join(root, DAY)).sort()).toEqual(['gex_full.jsonl', 'gex_zero.jsonl']);
  expect(readdirSync(join(root, '.staging'))).toEqual(['b.json']);
});

test('lines that are there stay unless they are to be replaced, and a source may be kept', async () => {
  const root = tempFolder();
  const source = put(join(root, 'gex_full.json'), arrayOf(5));
  const target = put(join(root, 'gex_full.jsonl'), 'older\n');
  expect(await run({ paths: [source] })).toMatchObject({ converted: 0, held: 1, files: [{ state: 'held' }] });
  expect(readFileSync(target, 'utf8')).toBe('older\n');
  expect(await run({ paths: [source], force: true, keep: true })).toMatchObject({ converted: 1, held: 0 });
  expect(readFileSync(target, 'utf8')).toBe(linesOf(5));
  expect(existsSync(source)).toBe(true);
});

test('one name in two packings is converted once, also when lines are to be replaced', async () => {
  const root = tempFolder();
  put(join(root, 'a.json'), arrayOf(3));
  put(join(root, 'a.json.gz'), gzipSync(arrayOf(4)));
  expect(await run({ paths: [root, join(root, 'a.json')], force: true })).toMatchObject({ converted: 1, held: 1 });
  expect(readFileSync(join(root, 'a.jsonl'), 'utf8')).toBe(linesOf(3));
  expect(existsSync(join(root, 'a.json.gz'))).toBe(true);
});

test('a file that is no array of records fails with its sentence, is kept, and stops no other', async () => {
  const root = tempFolder();
  const faults: [string, string | Buffer, RegExp][] = [
    ['cut', arrayOf(3).slice(0, -9), /^\S+cut\.json: is cut at byte \d+, after 2 whole records; fetch it again$/],
    ['empty', '', /empty\.json: is empty; fetch it again$/],
    ['html', '<!DOCTYPE html><p>502', /html\.json: byte 0: found < .*; is it an HTML page\?$/],
    ['lines', linesOf(2), /lines\.json: byte 0: found \{ .*; is it JSON lines already\?$/],
    ['none', '[]', /none\.json: the array has no records; nothing was made of it$/],
    [
      'packed',
      gzipSync(arrayOf(500)).subarray(0, 900),
      /packed\.json: its gzip data is cut or damaged \(.*\); fetch it again$/,
    ],
    ['strings', '["SPX"]', /strings\.json: byte 1: found " where an object or \] should be$/],
    [
      'tickers',
      '[{"ticker":"SPX"},{"ticker":"SPY"}]',
      /tickers\.json: none of its 2 objects has a timestamp; it is no file of records$/,
    ],
  ];
  for (const [name, content] of faults) put(join(root, `${name}.json`), content);
  put(join(root, 'whole.json'), arrayOf(3));
  const report = await run({ paths: [root] });
  expect(report).toMatchObject({ converted: 1, failed: faults.length });
  for (const [i, [, , sentence]] of faults.entries())
    expect(report.files[i]).toMatchObject({ state: 'failed', error: expect.stringMatching(sentence) });
  const names = [...faults.map(([name]) => `${name}.json`), 'whole.jsonl'];
  expect(readdirSync(root).sort()).toEqual(names.sort());
});

test('paths are checked before anything is done', async () => {
  const root = tempFolder();
  const good = put(join(root, 'a.json'), arrayOf(3));
  const attempts: [string, object][] = [
    [join(root, 'none.json'), { kind: 'missing', message: expect.stringContaining('none.json: it does not exist') }],
    [put(join(root, 'b.jsonl'), ''), { kind: 'usage', message: expect.stringContaining('it is JSON lines already') }],
    [
      put(join(root, 'c.txt'), ''),
      { kind: 'usage', message: expect.stringContaining('name a .json or .json.gz file') },
    ],
  ];
  for (const [path, error] of attempts) await expect(run({ paths: [good, path] })).rejects.toMatchObject(error);
  expect(existsSync(good)).toBe(true);
  const empty = tempFolder();
  await expect(run({ paths: [empty] })).rejects.toMatchObject({
    kind: 'missing',
    message: `no .json or .json.gz file below ${empty}; name a file or another folder`,
  });
});

test('records that go backwards or are of another day are counted', async () => {
  const root = tempFolder();
  const times = [OPEN, OPEN + 1, OPEN, OPEN + 86_400, OPEN + 86_401];
  put(join(root, DAY, 'gex_full.json'), JSON.stringify(times.map((timestamp) => ({ timestamp }))));
  expect((await run({ paths: [root] })).files).toMatchObject([{ rows: 5, backwards: 1, outside: 2, gaps: 1 }]);
});

test('progress counts every byte of every file, whatever becomes of it', async () => {
  const root = tempFolder();
  put(join(root, 'a.json'), arrayOf(300));
  put(join(root, 'b.json.gz'), gzipSync(arrayOf(300)));
  put(join(root, 'c.json'), '<html>');
  put(join(root, 'd.json'), arrayOf(3));
  put(join(root, 'd.jsonl'), '');
  const totals: (number | undefined)[] = [];
  let done = 0;
  const advance = (bytes: number): void => {
    done += bytes;
  };
  const progress = {
    start: (_: string, total?: number) => {
      totals.push(total);
      return { advance, done: () => undefined };
    },
  };
  await run({ paths: [root] }, ctxWith({ progress }));
  expect(totals).toEqual([done]);
  expect(done).toBeGreaterThan(0);
});

test('a file made within the archive gets its row in the ledger, which keeps what it knew of fetching', async () => {
  const root = tempFolder();
  const store = await openStore(join(root, 'gex.db'));
  try {
    const key = { date: '2026-01-05', ticker: 'SPX', package: 'state', category: 'gex_full' } as const;
    await store.ledger.put([
      { ...key, state: 'failed', source: 'download', attempts: 4, fetchedMs: 5, lastError: 'x' },
    ]);
    put(join(root, DAY, 'gex_full.json'), arrayOf(7));
    put(join(root, DAY, 'gex_zero.json'), '<html>');
    put(join(root, 'elsewhere.json'), arrayOf(7));
    const options = { paths: [root], root, keep: false, force: false };
    const report = await convert(options, { openStore: async () => store }, ctxWith());
    expect(report).toMatchObject({ converted: 2, failed: 1 });
    const bytes = readFileSync(join(root, DAY, 'gex_full.jsonl'));
    expect(await store.ledger.list({})).toEqual([
      {
        ...{
          ...key,
          state: 'held',
          source: 'convert',
          attempts: 4,
          fetchedMs: 5,
          rows: 7,
          bytes: bytes.length,
          gaps: 0,
        },
        ...{ firstMs: OPEN * 1000, lastMs: (OPEN + 6) * 1000 },
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
    ]);
  } finally {
    await store.close();
  }
});

test('an interruption leaves the array, no lines and nothing half-written', async () => {
  const root = tempFolder();
  put(join(root, 'a.json'), arrayOf(100_000));
  const abort = new AbortController();
  const stop = new GexError('interrupted', 'stopped');
  const progress = { start: () => ({ advance: () => abort.abort(stop), done: () => undefined }) };
  await expect(run({ paths: [root] }, ctxWith({ signal: abort.signal, progress }))).rejects.toBe(stop);
  expect(readdirSync(root)).toEqual(['a.json']);
});

test('a full disk is the sentence of each file that did not fit', async (context) => {
  const disk = tinyDisk(600);
  if (!disk) return context.skip('mounting a small disk needs root');
  put(join(disk, 'a.json.gz'), gzipSync(arrayOf(40_000)));
  put(join(disk, 'b.json'), arrayOf(10));
  const report = await run({ paths: [disk] });
  expect(report.files).toMatchObject([
    { state: 'failed', error: expect.stringContaining('the disk is full') },
    { state: 'converted', rows: 10 },
  ]);
  expect(readdirSync(disk).sort()).toEqual(['a.json.gz', 'b.jsonl']);
});
