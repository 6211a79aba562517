import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/stores/sql/open.js';
import { Child } from '../../helpers/child.js';
import { tempFolder } from '../../helpers/folder.js';
import { makeReadOnly, tinyDisk } from '../../helpers/tiny-disk.js';

const tick = (atMs: number) => ({ ticker: 'SPX', atMs, seq: 0, price: 1, bid: 1, ask: 1, volume: 1 });
const ticks = (count: number, fromMs = 0) => Array.from({ length: count }, (_, i) => tick(fromMs + i));
const storage = (message: string) => ({ kind: 'storage', message: expect.stringContaining(message) });

test('the native module opens a database in memory', async () => {
  const store = await openStore(':memory:');
  await store.ticks.insert(ticks(3));
  expect(await store.ticks.between('SPX', 0, 10, 10)).toHaveLength(3);
  await store.close();
});

test('the file is in WAL mode and closes into one file', async () => {
  const path = join(tempFolder(), 'gex.db');
  const store = await openStore(path);
  await store.ticks.insert(ticks(3));
  expect(existsSync(`${path}-wal`)).toBe(true);
  await store.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
  const raw = new Sqlite(path, { readonly: true });
  expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
  raw.close();
});

test('a reader sees whole batches while another process writes', async () => {
  const path = join(tempFolder(), 'gex.db');
  const reader = await openStore(path);
  const writer = new Child(
    `
    const { openStore } = await gex('stores/sql/open.ts');
    const store = await openStore(process.env.DB);
    for (let batch = 0; batch < 200; batch++) {
      await store.ticks.insert(Array.from({ length: 100 }, (_, i) => ({ ticker: 'SPX', atMs: batch * 100 + i, seq: 0, price: 1, bid: 1, ask: 1, volume: 1 })));
      if (batch % 10 === 0) console.log(batch);
      await new Promise((resolve) => setImmediate(resolve));
    }`,
    { DB: path },
  );
  const count = async (): Promise<number> => (await reader.ticks.between('SPX', 0, 1e12, 1e9)).length;
  for (let line = await writer.line(); line !== undefined; line = await writer.line()) {
    const seen = await count();
    expect(seen % 100).toBe(0);
    expect(seen).toBeGreaterThanOrEqual((Number(line) + 1) * 100);
  }
  expect(await count()).toBe(20_000);
  await reader.ticks.insert([tick(-1)]);
  await reader.close();
});

test('a database that another program holds locked is a storage error after the wait', async () => {
  const path = join(tempFolder(), 'gex.db');
  const store = await openStore(path, { busyTimeoutMs: 50 });
  const other = new Sqlite(path);
  other.exec('begin immediate');
  await expect(store.ticks.insert(ticks(1))).rejects.toMatchObject(
    storage(`cannot use ${path}: another process has held it locked`),
  );
  await expect(store.runs.start('synth', 0, {})).rejects.toMatchObject(storage('held it locked'));
  other.exec('rollback');
  await store.ticks.insert(ticks(1));
  other.close();
  await store.close();
});

test('a file that is no database is a storage error, and is left alone', async () => {
  const path = join(tempFolder(), 'gex.db');
  const text = 'not a database, but somebody needs it. '.repeat(100);
  writeFileSync(path, text);
  await expect(openStore(path)).rejects.toMatchObject(storage(`cannot use ${path}: it is not an SQLite database`));
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('a damaged database is a storage error', async () => {
  const path = join(tempFolder(), 'gex.db');
  const store = await openStore(path);
  await store.ticks.insert(ticks(20_000));
  await store.close();
  const bytes = readFileSync(path);
  bytes.fill(0x5a, 4096 * 3);
  writeFileSync(path, bytes);
  const read = async (): Promise<void> => {
    const damaged = await openStore(path);
    try {
      await damaged.ticks.between('SPX', 0, 1e9, 1e9);
    } finally {
      await damaged.close();
    }
  };
  await expect(read()).rejects.toMatchObject(storage('the database is damaged'));
});

test('a folder in the place of the file, and a file in the place of the folder, are storage errors', async () => {
  const folder = tempFolder();
  await expect(openStore(folder)).rejects.toMatchObject(storage(`cannot use ${folder}: the file cannot be opened`));
  writeFileSync(join(folder, 'file'), '');
  await expect(openStore(join(folder, 'file', 'gex.db'))).rejects.toMatchObject({ kind: 'storage' });
});

test('an address instead of a file is a usage error', async () => {
  await expect(openStore('postgres://127.0.0.1/test')).rejects.toMatchObject({ kind: 'usage' });
});

test('a full disk rolls the batch back and keeps what was there', async (context) => {
  const disk = tinyDisk(1024);
  if (!disk) return context.skip('mounting a small disk needs root');
  const store = await openStore(join(disk, 'gex.db'));
  await store.ticks.insert(ticks(100));
  await expect(store.ticks.insert(ticks(100_000, 1000))).rejects.toMatchObject(storage('the disk is full'));
  expect(await store.ticks.between('SPX', 0, 1e9, 1e9)).toEqual(ticks(100));
  await store.close();
});

test('a read-only disk is a storage error', async (context) => {
  const disk = tinyDisk(1024);
  if (!disk) return context.skip('mounting a read-only disk needs root');
  makeReadOnly(disk);
  await expect(openStore(join(disk, 'gex.db'))).rejects.toMatchObject(storage('read-only'));
});
