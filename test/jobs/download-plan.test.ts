import { expect, test } from 'vitest';
import { estimateDownload, median } from '../../src/jobs/download-estimate.js';
import { cellNeed, planCells } from '../../src/jobs/download-plan.js';
import type { LedgerRow } from '../../src/stores/sql/ledger.js';
import { CATEGORIES, type StreamKey, streamName } from '../../src/wire/catalogue.js';

const [full, zero] = CATEGORIES;
if (!full || !zero) throw new Error('no categories');

const key = (date: string, ticker: string, category = 'gex_full'): StreamKey => ({
  date,
  ticker,
  package: 'classic',
  category,
});

const held = (of: StreamKey, bytes: number): LedgerRow => ({
  ...of,
  ...{ state: 'held', rows: 3, firstMs: 1, lastMs: 3, bytes, sha256: 'x', fetchedMs: 4, attempts: 1 },
  source: 'download',
});

test('a plan is dates by tickers by categories, the oldest date first', () => {
  const plan = planCells({
    dates: ['2025-11-14', '2025-11-13'],
    tickers: ['SPX', 'SPY'],
    categories: [full, zero],
    rowOf: () => undefined,
    sizeOf: () => undefined,
    force: false,
  });
  expect(plan.map((cell) => streamName(cell.key)).slice(0, 5)).toEqual([
    '2025-11-13/SPX/classic/gex_full',
    '2025-11-13/SPX/classic/gex_zero',
    '2025-11-13/SPY/classic/gex_full',
    '2025-11-13/SPY/classic/gex_zero',
    '2025-11-14/SPX/classic/gex_full',
  ]);
  expect(plan.every((cell) => cell.need === 'fetch')).toBe(true);
});

test.each([
  ['no file', held(key('2025-11-14', 'SPX'), 10), undefined, 'fetch'],
  ['a file of the size in the ledger', held(key('2025-11-14', 'SPX'), 10), 10, 'held'],
  ['a file of another size', held(key('2025-11-14', 'SPX'), 10), 9, 'fetch'],
  ['a file without a row', undefined, 10, 'check'],
  [
    'a file and a row that says missing',
    { ...held(key('2025-11-14', 'SPX'), 10), state: 'missing' as const },
    10,
    'check',
  ],
])('%s', (_, row, size, need) => {
  expect(cellNeed(row, size)).toBe(need);
});

test('with force everything is fetched', () => {
  const spx = key('2025-11-14', 'SPX');
  const input = {
    dates: ['2025-11-14'],
    tickers: ['SPX'],
    categories: [full],
    rowOf: () => held(spx, 10),
    sizeOf: () => 10,
  };
  expect(planCells({ ...input, force: false })[0]?.need).toBe('held');
  expect(planCells({ ...input, force: true })[0]?.need).toBe('fetch');
});

test('an estimate goes by the median of the same ticker and category, else by that of all tickers', () => {
  const rows = [
    ...[100, 300, 200].map((bytes, i) => held(key(`2025-11-1${i}`, 'SPX'), bytes)),
    held(key('2025-11-10', 'QQQ', 'gex_zero'), 50),
  ];
  const cells = [key('2025-11-14', 'SPX'), key('2025-11-14', 'SPX', 'gex_zero'), key('2025-11-14', 'SPX', 'gex_one')];
  const estimate = estimateDownload({ cells, held: rows, ratePerSecond: 2, bytesPerSecond: 10 });
  expect(estimate).toEqual({ requests: 6, bytes: 250, unknownSizes: 1, seconds: 25 });
});

test('an estimate is never faster than the rate of requests, and says when it knows nothing', () => {
  const cells = [key('2025-11-14', 'SPX')];
  const rows = [held(key('2025-11-13', 'SPX'), 100)];
  expect(estimateDownload({ cells, held: rows, ratePerSecond: 0.1, bytesPerSecond: 100 }).seconds).toBe(20);
  expect(estimateDownload({ cells, held: [], ratePerSecond: 2, bytesPerSecond: 100 })).toEqual({
    requests: 2,
    bytes: undefined,
    unknownSizes: 1,
    seconds: undefined,
  });
});

test('the median of an even count is the lower middle', () => {
  expect([median([4, 1, 3, 2]), median([5]), median([])]).toEqual([2, 5, undefined]);
});
