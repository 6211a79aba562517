import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newYorkInstant } from '../../../src/core/calendar.js';
import { GexError } from '../../../src/errors.js';
import { listDates } from '../../../src/stores/archive/days.js';
import { prepareStream } from '../../../src/stores/archive/import.js';
import { streamPath } from '../../../src/stores/archive/path.js';
import { openDayWriter } from '../../../src/stores/archive/write.js';
import type { StreamKey } from '../../../src/wire/catalogue.js';
import { Child } from '../../helpers/child.js';
import { tempFolder } from '../../helpers/folder.js';
import { tinyDisk } from '../../helpers/tiny-disk.js';

const KEY: StreamKey = { date: '2026-01-05', ticker: 'SPX', package: 'state', category: 'gex_full' };
const OPEN_MS = newYorkInstant(KEY.date, 9, 30);

const record = (second: number, pad = 0) => ({ timestamp: OPEN_MS / 1000 + second, pad: 'x'.repeat(pad) });

async function* chunksOf(bytes: Buffer, size = 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const arrayOf = (records: readonly unknown[]): Buffer => Buffer.from(JSON.stringify(records));

/** Nothing is staged and no day is there. */
async function expectNothing(root: string): Promise<void> {
  const staging = join(root, '.staging');
  expect(existsSync(staging) ? readdirSync(staging) : []).toEqual([]);
  expect(await listDates(root)).toEqual([]);
}

test('an array becomes the record file the writer of days makes of its records, only when it is committed', async () => {
  const [root, other] = [tempFolder(), tempFolder()];
  const records = Array.from({ length: 3000 }, (_, i) => record(i, (i * 7) % 900));
  const prepared = await prepareStream(root, KEY, chunksOf(arrayOf(records), 10_000));
  expect(await listDates(root)).toEqual([]);
  const path = await prepared.commit();
  expect(path).toBe(streamPath(root, KEY));
  const writer = await openDayWriter(other, [KEY]);
  for (const one of records) await writer.append(0, Buffer.from(JSON.stringify(one)));
  await writer.commit();
  const bytes = readFileSync(streamPath(other, KEY));
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(prepared).toMatchObject({
    ...{ key: KEY, rows: 3000, bytes: bytes.length, firstMs: OPEN_MS, lastMs: OPEN_MS + 2_999_000 },
    ...{ sha256: createHash('sha256').update(bytes).digest('hex') },
    ...{ first: records[0], last: records.at(-1) },
    ...{ untimed: 0, backwards: 0, outside: 0, gaps: 0, widestGap: undefined },
  });
  expect(readdirSync(join(root, '.staging'))).toEqual([]);
});

test('times are summed up the same however the array arrives', async () => {
  const root = tempFolder();
  const seconds = fc.array(fc.integer({ min: -40_000, max: 60_000 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(seconds, fc.integer({ min: 1, max: 300 }), async (list, size) => {
      const prepared = await prepareStream(root, KEY, chunksOf(arrayOf(list.map((s) => record(s, 40))), size));
      await prepared.abort();
      const times = list.map((s) => OPEN_MS + s * 1000);
      const steps = times.slice(1).map((ms, i) => ms - (times[i] as number));
      const wide = steps.filter((step) => step > 120_000);
      const { widestGap } = prepared;
      expect(prepared).toMatchObject({
        ...{ rows: list.length, firstMs: times[0], lastMs: times.at(-1) },
        backwards: steps.filter((step) => step < 0).length,
        outside: list.filter((s) => s < -34_200 || s >= 52_200).length,
        gaps: wide.length,
      });
      expect(widestGap && widestGap.toMs - widestGap.fromMs).toBe(wide.length > 0 ? Math.max(...wide) : undefined);
    }),
  );
  await expectNothing(root);
}, 20_000);

test('an empty array is a stream without rows, records without timestamp are counted', async () => {
  const root = tempFolder();
  const empty = await prepareStream(root, KEY, chunksOf(arrayOf([])));
  expect(empty).toMatchObject({ rows: 0, bytes: 0, firstMs: undefined, first: undefined, last: undefined });
  await empty.abort();
  const untimed = await prepareStream(root, KEY, chunksOf(arrayOf([{ a: 1 }, record(5), { timestamp: null }]), 3));
  expect(untimed).toMatchObject({ rows: 3, untimed: 2, firstMs: OPEN_MS + 5000, lastMs: OPEN_MS + 5000 });
  await untimed.abort();
  await expectNothing(root);
});

test('a source that is cut, no array, or no JSON at its ends is refused by its name and leaves nothing', async () => {
  const root = tempFolder();
  const faults: [string, string][] = [
    ['[{"timestamp":1},{"timesta', 'SPX.part: is cut at byte 26, after 1 whole records; fetch it again'],
    ['<html>', 'SPX.part: byte 0: found < where the [ of an array should be; is it an HTML page?'],
    ['[{"timestamp" 1}]', 'SPX.part: its first record is not valid JSON'],
    ['[{"timestamp":1},{"timestamp":,}]', 'SPX.part: its last record is not valid JSON'],
  ];
  for (const [text, message] of faults) {
    await expect(prepareStream(root, KEY, chunksOf(Buffer.from(text), 5), { name: 'SPX.part' })).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining(message),
    });
  }
  await expectNothing(root);
});

test('a source that fails and an interruption close the source and leave nothing', async () => {
  const root = tempFolder();
  let closed = 0;
  async function* endless(fail?: Error): AsyncGenerator<Buffer> {
    try {
      yield Buffer.from('[{"timestamp":1}');
      for (let i = 0; ; i++) {
        yield Buffer.from(',{"timestamp":2}');
        if (fail && i > 1000) throw fail;
      }
    } finally {
      closed++;
    }
  }
  const broken = new GexError('upstream', 'the connection is gone');
  await expect(prepareStream(root, KEY, endless(broken))).rejects.toBe(broken);
  const stop = new GexError('interrupted', 'stopped');
  const abort = new AbortController();
  setImmediate(() => abort.abort(stop));
  async function* slowly(): AsyncGenerator<Buffer> {
    for await (const chunk of endless()) {
      yield chunk;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await expect(prepareStream(root, KEY, slowly(), { signal: abort.signal })).rejects.toBe(stop);
  expect(closed).toBe(2);
  await expectNothing(root);
});

test('a commit over an older file replaces it and leaves the neighbours of its ticker-day', async () => {
  const root = tempFolder();
  const neighbour = { ...KEY, category: 'gex_zero' };
  for (const key of [KEY, neighbour]) await (await prepareStream(root, key, chunksOf(arrayOf([record(1)])))).commit();
  const newer = await prepareStream(root, KEY, chunksOf(arrayOf([record(1), record(2)])));
  await newer.commit();
  const lines = (key: StreamKey): number => readFileSync(streamPath(root, key), 'utf8').split('\n').length - 1;
  expect([lines(KEY), lines(neighbour)]).toEqual([2, 1]);
});

test('a disk that is full fails with the remedy and leaves the archive as it was', async (context) => {
  const disk = tinyDisk(512);
  if (!disk) return context.skip('mounting a small disk needs root');
  await (await prepareStream(disk, KEY, chunksOf(arrayOf([record(1)])))).commit();
  const before = readFileSync(streamPath(disk, KEY), 'utf8');
  const large = arrayOf(Array.from({ length: 3000 }, (_, i) => record(i, 600)));
  await expect(prepareStream(disk, KEY, chunksOf(large, 100_000))).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringContaining('the disk is full'),
  });
  expect(readFileSync(streamPath(disk, KEY), 'utf8')).toBe(before);
  expect(readdirSync(join(disk, '.staging'))).toEqual([]);
});

test('an import that is killed leaves no file, and the next one clears its staging', async () => {
  const root = tempFolder();
  const child = new Child(
    `
    const { prepareStream } = await gex('stores/archive/import.ts');
    const key = { date: '2026-01-05', ticker: 'SPX', package: 'state', category: 'gex_full' };
    async function* endless() {
      yield Buffer.from('[{"timestamp":1}');
      for (let i = 0; ; i++) {
        yield Buffer.from(',{"timestamp":2}'.repeat(1000));
        if (i === 200) console.log('writing');
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await prepareStream(process.env.ROOT, key, endless());`,
    { ROOT: root },
  );
  expect(await child.line()).toBe('writing');
  await child.kill();
  expect(await listDates(root)).toEqual([]);
  expect(readdirSync(join(root, '.staging'))).toHaveLength(1);
  await (await prepareStream(root, KEY, chunksOf(arrayOf([record(1)])))).commit();
  expect(readdirSync(join(root, '.staging'))).toEqual([]);
});

test('a record longer than a chunk keeps its bytes and its timestamp', async () => {
  const root = tempFolder();
  const long = { ...record(3), more: 'é'.repeat(3_000_000) };
  const prepared = await prepareStream(root, KEY, chunksOf(arrayOf([record(1), long, record(4)]), 65_536));
  expect(prepared).toMatchObject({ rows: 3, untimed: 0, backwards: 0, lastMs: OPEN_MS + 4000 });
  const path = await prepared.commit();
  expect(JSON.parse(readFileSync(path, 'utf8').split('\n')[1] as string)).toEqual(long);
});
