import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Batch, Bus } from '../../src/bus/bus.js';
import { tradingDay } from '../../src/core/calendar.js';
import { startSession } from '../../src/core/synth/session.js';
import { synthTicker } from '../../src/core/synth/tickers.js';
import { openLivePublisher } from '../../src/jobs/live-publish.js';
import { chainsOf } from '../../src/jobs/synth-chains.js';
import { streamPath } from '../../src/stores/archive/path.js';
import { openStore } from '../../src/stores/sql/open.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { quietCtx } from '../helpers/ctx.js';
import { tempFolder } from '../helpers/folder.js';

const DATE = '2026-04-24';

/** A bus that keeps what it is told. */
function listener(): { readonly bus: Bus; readonly batches: Batch[]; readonly texts: (topic: string) => string[] } {
  const batches: Batch[] = [];
  return {
    batches,
    bus: { publish: (batch) => void batches.push(batch), close: async () => {} },
    texts: (topic) =>
      batches.filter((one) => one.topic === topic).flatMap(({ messages }) => messages.map((bytes) => `${bytes}`)),
  };
}

async function record(bus: Bus) {
  const day = tradingDay(DATE);
  if (!day) throw new Error(`no session on ${DATE}`);
  const root = tempFolder();
  const store = await openStore(join(root, 'gex.db'));
  const publisher = await openLivePublisher(
    { root, ticker: 'HEALTH', date: DATE, iv: 'chain', exposureIntervalMs: 60_000 },
    { store, runId: await store.runs.start('test', 0, {}), bus },
    quietCtx(),
  );
  const chainAt = chainsOf(startSession({ ticker: synthTicker('HEALTH'), day, seed: 3, model: 'gbm' }));
  const spots: number[] = [];
  for (const atMs of [day.openMs, day.openMs + 5000]) {
    const chain = chainAt(atMs);
    spots.push(chain.spot);
    await publisher.publish(chain);
  }
  await publisher.gap({ fromMs: day.openMs + 10_000, toMs: day.openMs + 20_000, reason: 'the line was cut' });
  await publisher.close();
  await store.close();
  return { root, openMs: day.openMs, spots };
}

test('every record of a session is on the bus in the bytes that the archive has', async () => {
  const { bus, texts, batches } = listener();
  const { root } = await record(bus);
  const records = texts('gex.records').filter((text) => text.startsWith('{"type":"record"'));
  expect(records).toHaveLength(30);
  for (const [i, { package: name, category }] of CATEGORIES.entries()) {
    const key = { date: DATE, ticker: 'HEALTH', package: name, category };
    const head = `${JSON.stringify({ type: 'record', ...key }).slice(0, -1)},"record":`;
    const lines = readFileSync(streamPath(root, key), 'utf8').trim().split('\n');
    expect([records[i], records[15 + i]]).toEqual(lines.map((line) => `${head}${line}}`));
    expect(() => JSON.parse(records[i] as string)).not.toThrow();
  }
  expect(new Set(batches.map(({ key }) => key))).toEqual(new Set(['HEALTH']));
});

test('messages have the fields that docs/bus.md shows', async () => {
  const docs = readFileSync(new URL('../../docs/bus.md', import.meta.url), 'utf8');
  const shown = [...docs.matchAll(/^```json\n(.*)\n```$/gm)].map(([, text = '']) => JSON.parse(text));
  const { bus, texts } = listener();
  await record(bus);
  const told = [...texts('market.ticks'), ...texts('gex.records')].map((text) => JSON.parse(text));
  for (const type of ['tick', 'record', 'gap']) {
    const [example, message] = [shown, told].map((all) => all.find((one) => one.type === type));
    expect(Object.keys(example), type).toEqual(Object.keys(message));
    expect(Object.keys(example.data ?? {}), type).toEqual(Object.keys(message.data ?? {}));
  }
  expect(shown.map(({ type }) => type)).toEqual(['tick', 'record', 'gap', 'lost']);
});

test('ticks and gaps are on the bus, what is unknown as null', async () => {
  const { bus, texts } = listener();
  const { openMs, spots } = await record(bus);
  const unknown = { volume: null, bid: null, ask: null };
  expect(texts('market.ticks').map((text) => JSON.parse(text))).toEqual(
    spots.map((price, i) => ({
      type: 'tick',
      data: { ticker: 'HEALTH', price, ...unknown, timestamp: openMs + i * 5000 },
    })),
  );
  const from = openMs / 1000 + 10;
  expect(JSON.parse(texts('gex.records').at(-1) as string)).toEqual({
    ...{ type: 'gap', date: DATE, ticker: 'HEALTH' },
    ...{ from, to: from + 10, reason: 'the line was cut' },
  });
});
