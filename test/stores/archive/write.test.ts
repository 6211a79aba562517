import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { listDates, listStreams } from '../../../src/stores/archive/days.js';
import { streamPath } from '../../../src/stores/archive/path.js';
import { openDayWriter } from '../../../src/stores/archive/write.js';
import { CATEGORIES, type StreamKey } from '../../../src/wire/catalogue.js';
import { Child } from '../../helpers/child.js';
import { tempFolder } from '../../helpers/folder.js';
import { makeReadOnly, tinyDisk } from '../../helpers/tiny-disk.js';

const keysOf = (ticker: string): StreamKey[] =>
  CATEGORIES.map((row) => ({ date: '2026-01-05', ticker, package: row.package, category: row.category }));
const line = (i: number): Buffer => Buffer.from(`{"timestamp":${1_777_000_000 + i},"pad":"${'x'.repeat(i % 300)}"}`);

const stagingOf = (root: string): string[] => readdirSync(join(root, '.staging'));

test('all 15 files of a day arrive at once, with every line of a writer whose buffers are small', async () => {
  const root = tempFolder();
  const keys = keysOf('SPX');
  const writer = await openDayWriter(root, keys, { bufferBytes: 256 });
  const reused = Buffer.alloc(1024);
  let waits = 0;
  for (let i = 0; i < 500; i++) {
    for (let stream = 0; stream < keys.length; stream++) {
      const bytes = line(i);
      reused.fill('!');
      bytes.copy(reused);
      const behind = writer.append(stream, reused.subarray(0, bytes.length));
      if (behind) {
        waits++;
        await behind;
      }
    }
    expect(existsSync(join(root, '2026-01-05'))).toBe(false);
  }
  const written = await writer.commit();
  const expected = Array.from({ length: 500 }, (_, i) => `${line(i)}\n`).join('');
  expect(waits).toBeGreaterThan(0);
  expect(written.map(({ key, path, lines, bytes }) => [key, path, lines, bytes])).toEqual(
    keys.map((key) => [key, streamPath(root, key), 500, expected.length]),
  );
  for (const { path } of written) expect(readFileSync(path, 'utf8')).toBe(expected);
  expect(stagingOf(root)).toEqual([]);
});

test('a second day file replaces the first and leaves its neighbours', async () => {
  const root = tempFolder();
  const [full, zero] = keysOf('SPX') as [StreamKey, StreamKey];
  for (const [key, text] of [
    [full, 'old'],
    [zero, 'kept'],
  ] as const) {
    mkdirSync(dirname(streamPath(root, key)), { recursive: true });
    writeFileSync(streamPath(root, key), text);
  }
  const writer = await openDayWriter(root, [full]);
  writer.append(0, Buffer.from('{"new":1}'));
  await writer.commit();
  expect(readFileSync(streamPath(root, full), 'utf8')).toBe('{"new":1}\n');
  expect(readFileSync(streamPath(root, zero), 'utf8')).toBe('kept');
});

test('an aborted day leaves nothing', async () => {
  const root = tempFolder();
  const writer = await openDayWriter(root, keysOf('SPX'), { bufferBytes: 64 });
  for (let i = 0; i < 50; i++) await writer.append(3, line(i));
  await writer.abort();
  await writer.abort();
  expect(stagingOf(root)).toEqual([]);
  expect(await listDates(root)).toEqual([]);
});

test('a writer that is killed leaves no half file, and the next run cleans its staging but not that of a running one', async () => {
  const root = tempFolder();
  const code = `
    const { openDayWriter } = await gex('stores/archive/write.ts');
    const key = { date: '2026-01-05', ticker: process.env.TICKER, package: 'classic', category: 'gex_full' };
    const writer = await openDayWriter(process.env.ROOT, [key], { bufferBytes: 4096 });
    const line = Buffer.from(JSON.stringify({ timestamp: 1, pad: 'x'.repeat(500) }));
    for (let i = 0; ; i++) {
      await writer.append(0, line);
      if (i === 100) console.log('writing');
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }`;
  const killed = new Child(code, { ROOT: root, TICKER: 'SPX' });
  expect(await killed.line()).toBe('writing');
  const running = new Child(code, { ROOT: root, TICKER: 'SPY' });
  expect(await running.line()).toBe('writing');
  await killed.kill();
  expect(await listDates(root)).toEqual([]);
  expect(stagingOf(root)).toHaveLength(2);
  const writer = await openDayWriter(root, keysOf('QQQ'));
  await writer.commit();
  const left = stagingOf(root);
  expect(left).toHaveLength(1);
  expect(readdirSync(join(root, '.staging', String(left), '2026-01-05'))).toEqual(['SPY']);
});

test('a program that is killed between and within commits leaves whole days only', async () => {
  const root = tempFolder();
  const child = new Child(
    `
    const { openDayWriter } = await gex('stores/archive/write.ts');
    const { CATEGORIES } = await gex('wire/catalogue.ts');
    const line = Buffer.from(JSON.stringify({ timestamp: 1, pad: 'x'.repeat(500) }));
    for (let day = 10; ; day = day === 28 ? 10 : day + 1) {
      const keys = CATEGORIES.map((row) => ({ date: '2026-01-' + day, ticker: 'SPX', package: row.package, category: row.category }));
      const writer = await openDayWriter(process.env.ROOT, keys, { bufferBytes: 4096 });
      for (let i = 0; i < 20; i++) for (const stream of keys.keys()) await writer.append(stream, line);
      await writer.commit();
      console.log(day);
    }`,
    { ROOT: root },
  );
  for (let commits = 0; commits < 24; commits++) await child.line();
  await child.kill();
  const dates = await listDates(root);
  expect(dates.length).toBeGreaterThanOrEqual(19);
  for (const date of dates) {
    const streams = await listStreams(root, date);
    expect(streams).toHaveLength(15);
    for (const key of streams)
      expect(readFileSync(streamPath(root, key), 'utf8')).toMatch(/^(\{"timestamp":1,"pad":"x{500}"\}\n){20}$/);
  }
});

test('a full disk fails the day, names the remedy and leaves the archive as it was', async (context) => {
  const disk = tinyDisk(512);
  if (!disk) return context.skip('mounting a small disk needs root');
  const [key] = keysOf('SPX') as [StreamKey];
  const first = await openDayWriter(disk, [key]);
  await first.append(0, line(0));
  await first.commit();
  const second = await openDayWriter(disk, [key], { bufferBytes: 4096 });
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 10_000; i++) await second.append(0, line(i));
    await second.commit();
  };
  await expect(fill()).rejects.toMatchObject({ kind: 'storage', message: expect.stringContaining('the disk is full') });
  await second.abort();
  expect(readFileSync(streamPath(disk, key), 'utf8')).toBe(`${line(0)}\n`);
  expect(stagingOf(disk)).toEqual([]);
});

test('a disk that fills while the last bytes are written fails the commit the same way', async (context) => {
  const disk = tinyDisk(256);
  if (!disk) return context.skip('mounting a small disk needs root');
  const writer = await openDayWriter(disk, keysOf('SPX').slice(0, 2), { bufferBytes: 512 * 1024 });
  for (let i = 0; i < 3000; i++) await writer.append(i % 2, line(i));
  await expect(writer.commit()).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringContaining('the disk is full'),
  });
  expect(await listDates(disk)).toEqual([]);
  expect(stagingOf(disk)).toEqual([]);
});

test('a read-only disk and a file in the way are storage errors before anything is written', async (context) => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  await expect(openDayWriter(file, keysOf('SPX'))).rejects.toMatchObject({ kind: 'storage' });
  const disk = tinyDisk(256);
  if (!disk) return context.skip('mounting a read-only disk needs root');
  makeReadOnly(disk);
  await expect(openDayWriter(disk, keysOf('SPX'))).rejects.toMatchObject({
    kind: 'storage',
    message: `cannot write to ${join(disk, '.staging')}: the file system is read-only; choose a folder on a writable one`,
  });
});
