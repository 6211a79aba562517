import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { GexError } from '../../../src/errors.js';
import { listDates, listStreams } from '../../../src/stores/archive/days.js';
import { indexPathOf, streamPath } from '../../../src/stores/archive/path.js';
import { CATEGORIES, type StreamKey, TICKERS } from '../../../src/wire/catalogue.js';
import { tempFolder } from '../../helpers/folder.js';

const KEY: StreamKey = { date: '2026-01-05', ticker: 'SPX', package: 'classic', category: 'gex_full' };

test('every ticker and category of the vendor has a path of the contract', () => {
  expect(streamPath('data', KEY)).toBe(join('data', '2026-01-05', 'SPX', 'classic', 'gex_full.jsonl'));
  for (const ticker of [...Object.values(TICKERS).flat(), 'SYNTH', 'FINANCE']) {
    for (const { package: packageName, category } of CATEGORIES) {
      const path = streamPath('data', { date: '2026-01-05', ticker, package: packageName, category });
      expect(path).toBe(join('data', '2026-01-05', ticker, packageName, `${category}.jsonl`));
    }
  }
});

test.each([
  { ...KEY, date: '../../etc' },
  { ...KEY, date: '2026-02-30' },
  { ...KEY, date: '2026-1-5' },
  { ...KEY, ticker: '..' },
  { ...KEY, ticker: 'SPX/../..' },
  { ...KEY, ticker: 'spx' },
  { ...KEY, ticker: '' },
  { ...KEY, package: '../state' as 'state' },
  { ...KEY, category: '../gex_full' },
  { ...KEY, category: 'gex_full\0' },
])('a name that is no part of a path is refused: %o', (key) => {
  expect(() => streamPath('data', key)).toThrow(GexError);
  expect(() => streamPath('data', key)).toThrow(/is not valid: expected/);
});

test('the index of a record file has its own folder, other files have none', () => {
  expect(indexPathOf(streamPath('/var/data', KEY))).toBe('/var/data/.index/2026-01-05/SPX/classic/gex_full.idx');
  expect(indexPathOf(streamPath('data', KEY))).toBe(
    join('data', '.index', '2026-01-05', 'SPX', 'classic', 'gex_full.idx'),
  );
  expect(indexPathOf('/tmp/some.jsonl')).toBeUndefined();
});

test('listings show record files only, in order', async () => {
  const root = tempFolder();
  const put = (...parts: string[]): void => {
    const path = join(root, ...parts);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  };
  put('2026-01-06', 'SPY', 'state', 'gex_zero.jsonl');
  put('2026-01-06', 'SPX', 'state', 'gex_zero.jsonl');
  put('2026-01-06', 'SPX', 'classic', 'gex_one.jsonl');
  put('2026-01-06', 'SPX', 'classic', 'gex_full.json');
  put('2026-01-06', 'SPX', 'classic', '.gex_full.jsonl.1@h-aa.tmp');
  put('2026-01-06', 'SPX', 'other', 'gex_full.jsonl');
  put('2026-01-06', 'notes.jsonl');
  put('2026-01-05', 'SPX', 'orderflow', 'orderflow.jsonl');
  put('.staging', '1@h-aa', '2026-01-07', 'SPX', 'classic', 'gex_full.jsonl');
  mkdirSync(join(root, '2026-01-08', 'SPX', 'classic'), { recursive: true });
  put('2026-13-01', 'SPX', 'classic', 'gex_full.jsonl');
  put('gex.db');
  expect(await listDates(root)).toEqual(['2026-01-05', '2026-01-06']);
  const names = (await listStreams(root, '2026-01-06')).map((key) => `${key.ticker}/${key.package}/${key.category}`);
  expect(names).toEqual(['SPX/classic/gex_one', 'SPX/state/gex_zero', 'SPY/state/gex_zero']);
});

test('an archive or a date that is not there has nothing in it', async () => {
  const root = join(tempFolder(), 'absent');
  expect(await listDates(root)).toEqual([]);
  expect(await listStreams(root, '2026-01-05')).toEqual([]);
  expect(await listStreams(root, '../..')).toEqual([]);
});
