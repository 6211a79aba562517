import { readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import type { ChainSnapshot } from '../../src/core/model.js';
import { sessionOf, snapshotOf } from '../../src/core/synth/chain.js';
import { startSession } from '../../src/core/synth/session.js';
import { synthTicker } from '../../src/core/synth/tickers.js';
import { type LivePublisher, openLivePublisher } from '../../src/jobs/live-publish.js';
import { streamPath } from '../../src/stores/archive/path.js';
import { openStore, type Store } from '../../src/stores/sql/open.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { tempFolder } from '../helpers/folder.js';
import { recordingCtx } from '../server/fixture.js';

const DAY = sessionOf('2026-08-19');
const MINUTE_MS = 60_000;
const INTERVAL_MS = 20_000;

const pathOf = (root: string, { package: packageName, category }: (typeof CATEGORIES)[number]): string =>
  streamPath(root, { date: DAY.date, ticker: 'SYNTH', package: packageName, category });

const textsOf = (root: string): string[] => CATEGORIES.map((row) => readFileSync(pathOf(root, row), 'utf8'));

async function world(basis?: number) {
  const root = tempFolder();
  const store: Store = await openStore(':memory:');
  onTestFinished(() => store.close());
  const runId = await store.runs.start('stream', 0, {});
  const options = { root, ticker: 'SYNTH', date: DAY.date, iv: 'chain', exposureIntervalMs: 60_000 } as const;
  const open = (): Promise<LivePublisher> =>
    openLivePublisher({ ...options, ...(basis === undefined ? {} : { basis }) }, { store, runId }, recordingCtx().ctx);
  return { root, open };
}

/** The chains of a session at every interval within some minutes of the open. */
function chainsIn(spans: readonly (readonly [from: number, to: number])[]): ChainSnapshot[] {
  const session = startSession({ ticker: synthTicker('SYNTH'), day: DAY, seed: 3, model: 'gbm' });
  const chains: ChainSnapshot[] = [];
  for (const [from, to] of spans) {
    while (session.atMs < DAY.openMs + to * MINUTE_MS) {
      const isDue = (session.atMs - DAY.openMs) % INTERVAL_MS === 0;
      if (isDue && session.atMs >= DAY.openMs + from * MINUTE_MS) chains.push(snapshotOf(session));
      session.advance();
    }
  }
  return chains;
}

async function publishAll(publisher: LivePublisher, chains: readonly ChainSnapshot[]): Promise<void> {
  for (const chain of chains) await publisher.publish(chain);
  await publisher.close();
}

/** A table of its own, as a new process has it. */
const strange = (chain: ChainSnapshot): ChainSnapshot => ({ ...chain, contracts: { ...chain.contracts } });

test.each([
  { what: 'in the middle', spans: [[0, 45]], cut: 105, basis: undefined },
  { what: 'of a future', spans: [[0, 40]], cut: 100, basis: 35.25 },
  { what: 'before the first minute is over', spans: [[0, 33]], cut: 2, basis: undefined },
  {
    what: 'after a pause longer than records look back',
    spans: [
      [0, 12],
      [55, 90],
    ],
    cut: 36,
    basis: undefined,
  },
] as const)('a restart $what leaves no trace in the records', async ({ spans, cut, basis }) => {
  const chains = chainsIn(spans);
  const [undisturbed, restarted] = [await world(basis), await world(basis)];
  await publishAll(await undisturbed.open(), chains);
  await publishAll(await restarted.open(), chains.slice(0, cut));
  const second = await restarted.open();
  second.remember(strange(chains[cut - 1] as ChainSnapshot));
  await publishAll(second, chains.slice(cut));
  expect(textsOf(restarted.root)).toEqual(textsOf(undisturbed.root));
  const record = JSON.parse(textsOf(restarted.root)[0]?.split('\n').at(-2) ?? '') as { strikes: [0, 0, 0, number[]][] };
  for (let p = 0; p < 5; p++) expect(record.strikes.some(([, , , priors]) => priors[p] !== 0)).toBe(true);
});

test('without the chain of the last record the flows of the first one are 0, and nothing else differs', async () => {
  const chains = chainsIn([[0, 35]]);
  const [undisturbed, restarted] = [await world(), await world()];
  await publishAll(await undisturbed.open(), chains);
  await publishAll(await restarted.open(), chains.slice(0, 100));
  await publishAll(await restarted.open(), chains.slice(100).map(strange));
  const [whole, cut] = [textsOf(undisturbed.root), textsOf(restarted.root)];
  expect(cut.slice(0, 14)).toEqual(whole.slice(0, 14));
  const [flows, cutFlows] = [whole, cut].map((texts) => (texts[14] ?? '').split('\n'));
  const differing = flows?.flatMap((line, i) => (line === cutFlows?.[i] ? [] : [i]));
  expect(differing).toEqual([100]);
  const first = JSON.parse(cutFlows?.[100] ?? '') as Record<string, number>;
  expect([first.dexoflow, first.gexoflow, first.one_dexoflow, first.one_gexoflow]).toEqual([0, 0, 0, 0]);
});

test('records that another hand wrote, or damaged, are no past: their priors are 0', async () => {
  const chains = chainsIn([[0, 8]]);
  const { root, open } = await world();
  await publishAll(await open(), chains.slice(0, 12));
  const [full, zero] = CATEGORIES as [(typeof CATEGORIES)[number], (typeof CATEGORIES)[number]];
  const lines = readFileSync(pathOf(root, full), 'utf8').trimEnd().split('\n');
  const stamp = (line: string): string => `{"timestamp":${JSON.parse(line).timestamp},"strikes":[["a",{}]]}\n`;
  writeFileSync(pathOf(root, full), lines.map(stamp).join(''));
  const other = readFileSync(pathOf(root, zero), 'utf8');
  writeFileSync(pathOf(root, zero), other.replaceAll(/"min_dte":\d+/g, '"min_dte":99'));
  await publishAll(await open(), chains.slice(12, 13));
  const [fullRecord, zeroRecord, oneRecord] = textsOf(root).map((text) => JSON.parse(text.split('\n').at(-2) ?? ''));
  const priors = (record: { strikes: [0, 0, 0, number[]][] }) => record.strikes.map(([, , , [prior]]) => prior);
  expect(new Set(priors(fullRecord))).toEqual(new Set([0]));
  expect(new Set(priors(zeroRecord))).toEqual(new Set([0]));
  expect(priors(oneRecord).some((prior) => prior !== 0)).toBe(true);
});
