import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { verifyArchive } from '../../src/jobs/archive-verify.js';
import { auditArchive } from '../../src/jobs/audit.js';
import { recordedRows } from '../../src/jobs/stream-ledger.js';
import { streamPath } from '../../src/stores/archive/path.js';
import { scanFile } from '../../src/stores/archive/scan.js';
import { openStore } from '../../src/stores/sql/open.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { tempFolder } from '../helpers/folder.js';
import { streamWorld } from '../helpers/stream-world.js';
import { recordingCtx } from '../server/fixture.js';

const DAY = tradingDay('2025-12-17') as TradingDay;
const KEYS = CATEGORIES.map((row) => ({
  date: DAY.date,
  ticker: 'HEALTH',
  package: row.package,
  category: row.category,
}));

test('a recording that is stopped in the middle is in the ledger, one that goes on is not, and audits read no file', async () => {
  const world = await streamWorld({ speed: 300, startMs: DAY.openMs + 20 * 60_000 });
  const { root, store, ticks } = world;
  const listed = () => store.ledger.list({ from: DAY.date, to: DAY.date });
  const whileRecording: number[] = [];
  for (const recorded of [5, 9]) {
    await world.record({}, async (tick) => {
      if (tick.missing === undefined) whileRecording.push((await listed()).length);
      return ticks.filter(({ missing }) => missing === undefined).length === recorded;
    });
    const rows = await listed();
    expect(rows.map(({ state, source, rows: n }) => [state, source, n])).toEqual(
      CATEGORIES.map(() => ['held', 'stream', recorded]),
    );
    const { ctx } = recordingCtx();
    const { counts } = await verifyArchive({ root, adopt: false }, store.ledger, ctx);
    expect(counts).toMatchObject({ ok: 15, changed: 0, unlisted: 0 });
    const audit = await auditArchive({ root, from: DAY.date, to: DAY.date }, store, ctx);
    expect([audit.unlisted, audit.holes, audit.held + audit.suspicious]).toEqual([0, 0, 15]);
  }
  expect(new Set(whileRecording)).toEqual(new Set([0]));
});

async function files(text: string) {
  const root = tempFolder();
  for (const key of KEYS) {
    mkdirSync(dirname(streamPath(root, key)), { recursive: true });
    writeFileSync(streamPath(root, key), text);
  }
  const store = await openStore(':memory:');
  onTestFinished(() => store.close());
  const { ctx, lines } = recordingCtx();
  const rows = recordedRows({ root, date: DAY.date, ticker: 'HEALTH' }, store.ledger, ctx);
  return { root, store, rows, lines };
}

const line = (second: number, size = 0): string =>
  `{"timestamp":${DAY.openMs / 1000 + second},"note":"${'x'.repeat(size)}"}\n`;

test('rows that were followed piece by piece are those of a whole reading, also of files of before', async () => {
  const many = Array.from({ length: 900 }, (_, second) => line(second, 2000)).join('');
  const { root, store, rows } = await files(many);
  await rows.begin();
  for (let i = 0; i < 5; i++) {
    for (const key of KEYS) appendFileSync(streamPath(root, key), line(1000 + 200 * i, i * 1000));
    await rows.follow();
  }
  await rows.enter();
  for (const key of KEYS) {
    const { rows: count, sha256, bytes, lines } = await scanFile(streamPath(root, key), { date: DAY.date });
    const { firstMs, lastMs, gaps } = lines as Exclude<typeof lines, string>;
    expect(gaps).toBe(4);
    expect(await store.ledger.get(key)).toMatchObject({
      rows: count,
      sha256,
      bytes,
      firstMs,
      lastMs,
      gaps,
      source: 'stream',
    });
  }
});

test('a recording without a record leaves the ledger alone', async () => {
  const { store, rows } = await files(line(0));
  const row = { ...KEYS[0], state: 'held', source: 'download', attempts: 1, rows: 1 } as never;
  await store.ledger.put([row]);
  await rows.enter();
  expect(await store.ledger.list({})).toEqual([row]);
});

test('a file that cannot be entered is a warning, and no row is there', async () => {
  const { root, store, rows, lines } = await files(line(0));
  await rows.begin();
  appendFileSync(streamPath(root, KEYS[3] as (typeof KEYS)[number]), '{"timestamp":17');
  await rows.enter();
  expect(await store.ledger.list({})).toEqual([]);
  expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
    `HEALTH: the record files of ${DAY.date} are not in the ledger`,
  ]);
});
