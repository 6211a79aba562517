import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newYorkInstant } from '../../src/core/calendar.js';
import { syntheticChain } from '../../src/core/synth/chain.js';
import { SYNTH_TICKERS } from '../../src/core/synth/tickers.js';
import { GexError } from '../../src/errors.js';
import { type Ctx, systemClock } from '../../src/io/ctx.js';
import { createPublisher } from '../../src/jobs/publish.js';
import { type SynthOptions, type SynthReport, synth } from '../../src/jobs/synth.js';
import { openStore, type Store } from '../../src/stores/sql/open.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { tempFolder } from '../helpers/folder.js';
import { gex } from '../helpers/gex.js';

const DATE = '2026-08-19';

interface Trial {
  readonly root?: string;
  readonly ctx?: Partial<Ctx>;
  readonly look?: (store: Store) => Promise<void>;
}

/** Runs the job into a folder of its own: by default ten minutes of SYNTH, a record every 10 seconds. */
async function runSynth(options: Partial<SynthOptions> = {}, { root = tempFolder(), ctx, look }: Trial = {}) {
  const silent = () => undefined;
  const store = await openStore(join(root, 'gex.db'));
  try {
    const report: SynthReport = await synth(
      {
        ...{ root, date: DATE, tickers: ['SYNTH'], seed: 5, model: 'gbm', force: false },
        ...{ intervalMs: 10_000, exposureIntervalMs: 60_000 },
        ...{ start: { hour: 9, minute: 30, second: 0 }, end: { hour: 9, minute: 40, second: 0 } },
        ...options,
      },
      { openStore: async () => store },
      {
        log: { debug: silent, info: silent, warn: silent, error: silent },
        clock: systemClock,
        signal: new AbortController().signal,
        progress: { start: () => ({ advance: silent, done: silent }) },
        ...ctx,
      },
    );
    await look?.(store);
    return { root, report };
  } finally {
    await store.close();
  }
}

function linesOf(root: string, ticker: string, stream: string, date = DATE): string[] {
  return readFileSync(join(root, date, ticker, `${stream}.jsonl`), 'utf8')
    .split('\n')
    .slice(0, -1);
}

/** SHA-256 of every record file below a folder by relative path. */
function digests(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  return Object.fromEntries(
    files.sort().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(root, name)))
        .digest('hex'),
    ]),
  );
}

test('a ticker-day is 15 files of equal line counts whose timestamps ascend by the interval within the session', async () => {
  const { root, report } = await runSynth();
  expect(report).toMatchObject({ date: DATE, seed: 5, records: 61, files: 15 });
  const first = newYorkInstant(DATE, 9, 30) / 1000;
  for (const { package: name, category } of CATEGORIES) {
    const records = linesOf(root, 'SYNTH', `${name}/${category}`).map((line) => JSON.parse(line));
    expect(records.map((record) => record.timestamp)).toEqual(Array.from({ length: 61 }, (_, i) => first + 10 * i));
    expect(records.every((record) => record.ticker === 'SYNTH')).toBe(true);
  }
  expect(Object.keys(digests(root))).toHaveLength(15);
});

test('the same seed makes the same bytes whatever the order of tickers, another seed or model others', async () => {
  const both = digests((await runSynth({ tickers: ['SYNTH', 'TECH'] })).root);
  expect(digests((await runSynth({ tickers: ['tech', 'SYNTH', 'TECH'] })).root)).toEqual(both);
  const alone = digests((await runSynth({ tickers: ['TECH'] })).root);
  for (const [name, digest] of Object.entries(alone)) expect(digest).toBe(both[name]);
  for (const change of [{ seed: 6 }, { model: 'merton' }] as const) {
    const other = digests((await runSynth(change)).root);
    for (const [name, digest] of Object.entries(other)) expect(digest).not.toBe(both[name]);
  }
});

test('a coarser interval takes the same path: its figures are those of the finer one at that second', async () => {
  const fine = (await runSynth()).root;
  const coarse = (await runSynth({ intervalMs: 30_000 })).root;
  const figures = (line = '') => {
    const { timestamp, spot, zero_gamma, sum_gex_vol, sum_gex_oi } = JSON.parse(line);
    return { timestamp, spot, zero_gamma, sum_gex_vol, sum_gex_oi };
  };
  const everyThird = linesOf(fine, 'SYNTH', 'classic/gex_full').filter((_, i) => i % 3 === 0);
  expect(linesOf(coarse, 'SYNTH', 'classic/gex_full').map(figures)).toEqual(everyThird.map(figures));
});

test('a stored record is what the published chain of that instant gives, priors apart', async () => {
  const { root } = await runSynth({ model: 'heston' });
  for (const minute of [31, 36]) {
    const atMs = newYorkInstant(DATE, 9, minute, 40);
    const chain = syntheticChain({ ticker: 'SYNTH', seed: 5, model: 'heston', atMs });
    const lines = createPublisher('SYNTH', { iv: 'chain' }).publish(chain);
    for (const [i, row] of CATEGORIES.entries()) {
      if (row.shape !== 'gex') continue;
      const { max_priors: _, strikes, ...alone } = JSON.parse(Buffer.from(lines[i] ?? []).toString());
      const stored = linesOf(root, 'SYNTH', `${row.package}/${row.category}`)
        .map((line) => JSON.parse(line))
        .find((record) => record.timestamp * 1000 === atMs);
      expect(stored).toMatchObject(alone);
      const figures = (rows: number[][]) => rows.map((cells) => cells.slice(0, 3));
      expect(figures(stored.strikes)).toEqual(figures(strikes));
    }
  }
});

test('a future sees the chain of its index: the same exposures, prices and levels a basis above', async () => {
  const { root } = await runSynth({ tickers: ['SPX', 'ES_SPX'], intervalMs: 300_000 });
  const [index, future] = ['SPX', 'ES_SPX'].map((ticker) =>
    linesOf(root, ticker, 'classic/gex_zero').map((line) => JSON.parse(line)),
  );
  for (const [i, record] of (index ?? []).entries()) {
    const view = future?.[i];
    expect(view.ticker).toBe('ES_SPX');
    for (const key of ['spot', 'zero_gamma', 'major_pos_vol', 'major_neg_oi']) {
      expect(view[key]).toBeCloseTo(record[key] + 38.25, 1);
    }
    expect(view.sum_gex_vol).toBe(record.sum_gex_vol);
    expect(view.strikes.map((row: number[]) => [(row[0] ?? 0) - 38.25, ...row.slice(1)])).toEqual(record.strikes);
  }
});

test('a whole day starts at the open and ends just before the close; a half day has fewer records', async () => {
  const whole = { intervalMs: 300_000, exposureIntervalMs: 3_600_000 };
  const end = { hour: 16, minute: 0, second: 0 };
  const day = await runSynth({ ...whole, end });
  expect(day.report.records).toBe(78);
  const half = await runSynth({ ...whole, end, date: '2026-11-27' });
  expect(half.report.records).toBe(42);
  const last = JSON.parse(linesOf(half.root, 'SYNTH', 'orderflow/orderflow', '2026-11-27').at(-1) ?? '');
  expect(last.timestamp * 1000).toBe(newYorkInstant('2026-11-27', 12, 55));
});

test('the store holds a tick per record, exposures and levels per minute, one chain and the run', async () => {
  await runSynth(
    {},
    {
      look: async (store) => {
        const [from, to] = [newYorkInstant(DATE, 9, 30), newYorkInstant(DATE, 16, 0)];
        const ticks = await store.ticks.between('SYNTH', from, to, 1000);
        expect(ticks).toHaveLength(61);
        for (const { bid, price, ask, volume } of ticks) {
          expect(bid).toBeLessThanOrEqual(price);
          expect(ask).toBeGreaterThanOrEqual(price);
          expect(volume).toBeGreaterThanOrEqual(10_000);
        }
        const levels = await store.levels.between('SYNTH', from, to);
        expect(levels).toHaveLength(11);
        const [one] = levels;
        const rows = await store.exposures.at('SYNTH', from, one?.conventionId ?? 0);
        const sum = (column: Float64Array | undefined) => column?.reduce((total, value) => total + value, 0);
        expect(sum(rows?.columns.callGex)).toBeCloseTo(one?.callGex ?? 0, 0);
        expect(sum(rows?.columns.callGexVolume)).toBeGreaterThan(0);
        const chain = await store.chains.latest('SYNTH');
        expect(chain?.asOfMs).toBe(newYorkInstant(DATE, 9, 40));
        expect(chain?.source.name).toContain('seed 5');
        expect((await store.runs.latest(1))[0]).toMatchObject({ command: 'synth', status: 'done' });
      },
    },
  );
});

test('what is there is not overwritten without force, and a second run with force replaces it', async () => {
  const { root } = await runSynth();
  const before = digests(root);
  const again = runSynth({ seed: 6 }, { root });
  await expect(again).rejects.toMatchObject({ kind: 'usage', message: expect.stringMatching(/SYNTH; --force/) });
  expect(digests(root)).toEqual(before);
  await runSynth({ tickers: ['TECH'] }, { root });
  await runSynth({ seed: 6, force: true }, { root });
  expect(Object.keys(digests(root))).toHaveLength(30);
  expect(digests(root)).not.toMatchObject(before);
});

test('an interrupted run leaves no file, no ticks, and says so in the runs', async () => {
  const root = tempFolder();
  const abort = new AbortController();
  const reason = new GexError('interrupted', 'stopped');
  const progress = { start: () => ({ advance: () => abort.abort(reason), done: () => undefined }) };
  await expect(runSynth({}, { root, ctx: { signal: abort.signal, progress } })).rejects.toBe(reason);
  expect(existsSync(join(root, DATE))).toBe(false);
  expect(readdirSync(join(root, '.staging'))).toEqual([]);
  const store = await openStore(join(root, 'gex.db'));
  expect(await store.ticks.between('SYNTH', 0, Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  expect((await store.runs.latest(1))[0]?.status).toBe('interrupted');
  await store.close();
});

test.each([
  [{ date: '2026-07-04' }, 'usage', /2026-07-02.*2026-07-06/],
  [{ tickers: ['NOPE'] }, 'missing', /SYNTH, TECH/],
  [{ intervalMs: 1500 }, 'usage', /whole seconds/],
  [{ end: { hour: 9, minute: 0, second: 0 } }, 'usage', /session of 2026-08-19/],
] as const)('%j is refused before anything is written', async (options, kind, message) => {
  const root = tempFolder();
  await expect(runSynth(options, { root })).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
  expect(existsSync(join(root, DATE))).toBe(false);
});

test('gex synth prints one JSON object, and picks and prints a seed where none is given', async () => {
  const folder = tempFolder();
  const args = ['synth', '--date', DATE, '--tickers', 'SYNTH', '--end', '09:31', '--json', '--quiet'];
  const first = await gex([...args, '--data-dir', join(folder, 'a')], { folder });
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const report = JSON.parse(first.stdout);
  expect(report).toMatchObject({ schema: 'gex-synth/1', date: DATE, model: 'gbm', records: 13, files: 15 });
  expect(report.seed).toBeGreaterThan(0);
  const second = await gex([...args, '--seed', String(report.seed), '--data-dir', join(folder, 'b')], { folder });
  expect(JSON.parse(second.stdout).bytes).toBe(report.bytes);
  expect(digests(join(folder, 'b'))).toEqual(digests(join(folder, 'a')));
});

test('every built-in ticker can be asked for', async () => {
  const names = SYNTH_TICKERS.map((row) => row.ticker).join(',');
  const folder = tempFolder();
  const args = ['synth', '--date', DATE, '--tickers', names, '--end', '09:30:05', '--json', '--quiet', '--seed', '3'];
  const { code, stdout, stderr } = await gex([...args, '--data-dir', folder], { folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout).files).toBe(15 * SYNTH_TICKERS.length);
});
