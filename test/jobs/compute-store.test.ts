import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exposureProfile } from '../../src/core/exposure.js';
import { selectExpiries } from '../../src/core/selection.js';
import { syntheticChain } from '../../src/core/synth/chain.js';
import type { Ctx } from '../../src/io/ctx.js';
import { storeResult } from '../../src/jobs/compute-store.js';
import { readStoredChain } from '../../src/jobs/stored-chain.js';
import { openStore } from '../../src/stores/sql/open.js';
import { chainOf } from '../helpers/chains.js';
import { tempFolder } from '../helpers/folder.js';

const NOON = Date.parse('2026-08-19T16:00:00Z');
const ctx: Ctx = {
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  clock: { now: () => NOON, sleep: async () => {} },
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: () => {}, done: () => {} }) },
};

const chain = syntheticChain({ ticker: 'SPY', seed: 3, atMs: NOON });
const reportOf = (snapshot = chain, selected = snapshot) => ({
  chain: snapshot,
  profile: exposureProfile(selected),
  ageMs: 0,
});

async function kept(dataDir: string, ...reports: ReturnType<typeof reportOf>[]) {
  const store = await openStore(join(dataDir, 'gex.db'));
  try {
    const results = [];
    for (const report of reports) {
      results.push(await storeResult(report, { dataDir, convention: {}, command: { ticker: 'SPY' } }, store, ctx));
    }
    const levels = await store.levels.between('SPY', 0, Number.MAX_SAFE_INTEGER);
    const exposures = await Promise.all(
      levels.map(({ asOfMs, conventionId }) => store.exposures.at('SPY', asOfMs, conventionId)),
    );
    return { results, levels, exposures, runs: await store.runs.latest(9) };
  } finally {
    await store.close();
  }
}

it('keeps the records, the chain, the exposures, the levels and the run', async () => {
  const dataDir = tempFolder();
  const report = reportOf();
  const { results, levels, exposures, runs } = await kept(dataDir, report);
  const { totals, byStrike, curve } = report.profile;
  expect(results[0]?.skipped).toEqual([]);
  expect(results[0]?.appended.map((path) => path.slice(dataDir.length))).toEqual(
    ['gex_full', 'gex_zero', 'gex_one'].map((category) => `/2026-08-19/SPY/classic/${category}.jsonl`),
  );
  const record = JSON.parse(readFileSync(`${dataDir}/2026-08-19/SPY/classic/gex_full.jsonl`, 'utf8'));
  expect(record).toMatchObject({ timestamp: NOON / 1000, ticker: 'SPY', spot: chain.spot, min_dte: 0 });
  expect(levels).toHaveLength(1);
  expect(levels[0]).toMatchObject({ asOfMs: NOON, callGex: totals.callGex, zeroGamma: curve.zeroGamma });
  expect(levels[0]?.document).toMatchObject({ schema: 'gex-compute/1', totals: { netGex: totals.netGex } });
  expect([...(exposures[0]?.columns.putGex ?? [])]).toEqual(byStrike.map((row) => row.putGex));
  expect([...(exposures[0]?.columns.callGexVolume ?? [])]).toEqual(byStrike.map((row) => row.callGexVolume));
  expect(runs[0]).toMatchObject({ command: 'compute', status: 'done', options: { ticker: 'SPY' } });
});

it('reads the chain back as the one it stored', async () => {
  const dataDir = tempFolder();
  await kept(dataDir, reportOf());
  const database = join(dataDir, 'gex.db');
  const stored = await readStoredChain(database, 'SPY', undefined, {});
  expect(stored?.source).toEqual({ kind: 'store', name: `${database}, first from synth seed 3, gbm` });
  expect(stored?.openInterest).toEqual(chain.openInterest);
  expect(exposureProfile({ ...chain, ...stored }).totals).toEqual(exposureProfile(chain).totals);
  expect(await readStoredChain(database, 'SPY', NOON - 1, {})).toBeUndefined();
  expect(await readStoredChain(database, 'QQQ', undefined, {})).toBeUndefined();
  expect(await readStoredChain(join(dataDir, 'none.db'), 'SPY', undefined, {})).toBeUndefined();
});

it('does not append a chain that is not newer than the last record, and says so', async () => {
  const dataDir = tempFolder();
  const older = syntheticChain({ ticker: 'SPY', seed: 3, atMs: NOON - 60_000 });
  const { results, levels } = await kept(dataDir, reportOf(), reportOf(), reportOf(older));
  expect(results.map(({ appended }) => appended.length)).toEqual([3, 0, 0]);
  expect(results[1]?.skipped[0]).toContain('ends with this very record');
  expect(results[2]?.skipped[0]).toContain('not later than the last one of 2026-08-19T16:00:00.000Z');
  expect(readFileSync(`${dataDir}/2026-08-19/SPY/classic/gex_full.jsonl`, 'utf8').trim().split('\n')).toHaveLength(1);
  expect(levels.map(({ asOfMs }) => asOfMs)).toEqual([NOON - 60_000, NOON]);
});

it('keeps a selection of expiries apart from the whole chain', async () => {
  const dataDir = tempFolder();
  const selected = selectExpiries(chain, ({ label }) => label === '2026-08-19');
  const { levels } = await kept(dataDir, reportOf(), reportOf(chain, selected));
  expect(new Set(levels.map(({ conventionId }) => conventionId)).size).toBe(2);
});

it('marks the run as failed when the chain has no dates to count to', async () => {
  const dataDir = tempFolder();
  const undated = chainOf({ spot: 100, asOfMs: NOON }, [{ right: 'C', strike: 100, t: 0.1, iv: 0.2, openInterest: 1 }]);
  const report = reportOf({ ...undated, underlying: 'SPY' });
  await expect(kept(dataDir, report)).rejects.toThrow('no expiry with a date that is still ahead');
  const store = await openStore(join(dataDir, 'gex.db'));
  expect((await store.runs.latest(1))[0]).toMatchObject({ status: 'failed' });
  await store.close();
});
