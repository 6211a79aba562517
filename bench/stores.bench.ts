// Rates of the stores as ratios to the plainest program that does the same work, measured in the same run.
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Sqlite from 'better-sqlite3';
import { LineIndexer } from '../src/io/lines.js';
import { openStream } from '../src/stores/archive/read.js';
import { openDayWriter } from '../src/stores/archive/write.js';
import { openStore } from '../src/stores/sql/open.js';
import { EXPOSURE_COLUMNS } from '../src/stores/sql/schema.js';
import type { Tick } from '../src/stores/sql/ticks.js';
import { CATEGORIES } from '../src/wire/catalogue.js';
import { type Figure, fastest } from './figure.js';

const MB = 1e6;
const folder = mkdtempSync(join(tmpdir(), 'gex-bench-'));
let files = 0;
const fresh = (): string => join(folder, String(++files));

export async function bench(): Promise<readonly Figure[]> {
  try {
    return [...(await index()), ...(await archive()), ...(await inserts()), await exposures()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const recordLine = (i: number, bytes: number): string =>
  `{"timestamp":${1_777_000_000 + i},"ticker":"SPX","pad":"${'x'.repeat(Math.max(0, bytes - 50))}"}`;

/** A day of classic records (about 6 kB a line), read from a file as `serve` does it. */
async function index(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const lineBytes of [400, 6000]) {
    const lines = Math.round((64 * MB) / lineBytes);
    const path = fresh();
    writeFileSync(path, Array.from({ length: lines }, (_, i) => `${recordLine(i, lineBytes)}\n`).join(''));
    const bytes = await readFile(path);
    const inMemory = await fastest(5, () => {
      const indexer = new LineIndexer();
      indexer.push(bytes);
      return indexer.finish((start, end) => bytes.subarray(start, end));
    });
    const loop = await fastest(3, () => byteLoop(bytes));
    const fromDisk = await fastest(3, async () => (await openStream(path, 'stream')).close());
    const readline = await fastest(1, () => countLines(path));
    const rate = bytes.length / MB;
    figures.push(
      { name: `line index, ${lineBytes} B lines`, value: rate / inMemory, unit: 'MB/s', atLeast: 500 },
      { name: `line index from a file, ${lineBytes} B lines`, value: rate / fromDisk, unit: 'MB/s', atLeast: 500 },
      {
        name: 'same against a byte loop',
        value: loop / inMemory,
        unit: 'x',
        note: `loop ${(rate / loop).toFixed(0)} MB/s`,
      },
      {
        name: 'same, from a file, against readline',
        value: readline / fromDisk,
        unit: 'x',
        note: `readline ${(rate / readline).toFixed(0)} MB/s`,
      },
    );
  }
  return figures;
}

function byteLoop(bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 10) offsets.push(i);
  return offsets;
}

async function countLines(path: string): Promise<number> {
  let count = 0;
  for await (const _ of createInterface({ input: createReadStream(path) })) count++;
  return count;
}

/** 15 streams of a ticker-day against one write of the same bytes per file, both fsynced. */
async function archive(): Promise<Figure[]> {
  const keys = CATEGORIES.map((row) => ({
    date: '2026-01-05',
    ticker: 'SPX',
    package: row.package,
    category: row.category,
  }));
  const line = Buffer.from(recordLine(0, 6000));
  const rounds = 1500;
  const bytes = keys.length * rounds * (line.length + 1);
  const ours = await fastest(3, async () => {
    const writer = await openDayWriter(fresh(), keys);
    for (let i = 0; i < rounds; i++) {
      for (let stream = 0; stream < keys.length; stream++) {
        const behind = writer.append(stream, line);
        if (behind) await behind;
      }
    }
    await writer.commit();
  });
  const whole = Buffer.concat(Array.from({ length: rounds }, () => Buffer.concat([line, Buffer.from('\n')])));
  const raw = await fastest(3, async () => {
    const root = fresh();
    await mkdir(root);
    for (let stream = 0; stream < keys.length; stream++) {
      const handle = await open(join(root, String(stream)), 'w');
      for (let at = 0; at < whole.length; at += 1 << 20)
        await handle.write(whole, at, Math.min(1 << 20, whole.length - at));
      await handle.sync();
      await handle.close();
    }
  });
  const rates = `${(bytes / MB / ours).toFixed(0)} MB/s against ${(bytes / MB / raw).toFixed(0)}`;
  return [{ name: 'day writer against 1 MiB writes', value: raw / ours, unit: 'x', note: rates }];
}

/** Batches of prepared inserts, WAL, the same table, the same rows. */
async function inserts(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const ticks = Array.from({ length: 100_000 }, (_, i): Tick => {
    const price = 100 + (i % 997) / 100;
    return {
      ticker: 'SPX',
      atMs: 1_777_000_000_000 + i * 100,
      seq: 0,
      price,
      bid: price - 0.05,
      ask: price + 0.05,
      volume: 10_000 + i,
    };
  });
  for (const size of [100, 1000]) {
    const batches = Array.from({ length: ticks.length / size }, (_, i) => ticks.slice(i * size, (i + 1) * size));
    const ours = await fastest(5, async () => {
      const store = await openStore(fresh());
      for (const batch of batches) await store.ticks.insert(batch);
      await store.close();
    });
    const raw = await fastest(5, () => rawTicks(batches));
    const rates = `${(ticks.length / ours / 1000).toFixed(0)} k rows/s against ${(ticks.length / raw / 1000).toFixed(0)}`;
    figures.push({
      name: `tick batches of ${size} against better-sqlite3`,
      value: raw / ours,
      unit: 'x',
      atLeast: 0.7,
      note: rates,
    });
  }
  return figures;
}

function rawTicks(batches: readonly (readonly Tick[])[]): void {
  const db = new Sqlite(fresh());
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(`create table ticks (ticker text not null, at_ms integer not null, seq integer not null, price real not null, bid real,
    ask real, volume real, primary key (ticker, at_ms, seq)) without rowid, strict`);
  const insert = db.prepare('insert into ticks values (?, ?, ?, ?, ?, ?, ?)');
  const all = db.transaction((batch: readonly Tick[]) => {
    for (const t of batch) insert.run(t.ticker, t.atMs, t.seq, t.price, t.bid, t.ask, t.volume);
  });
  for (const batch of batches) all(batch);
  db.close();
}

/** Instants of 200 strikes with every column, ten instants a transaction, against the same rows by a prepared statement. */
async function exposures(): Promise<Figure> {
  const strike = Float64Array.from({ length: 200 }, (_, i) => 5000 + i * 5);
  const names = EXPOSURE_COLUMNS.map((column) =>
    column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
  const values = strike.map((k, i) => k * 1e6 + i / 7);
  const columns = Object.fromEntries(names.map((name) => [name, values]));
  const batches = Array.from({ length: 50 }, (_, batch) =>
    Array.from({ length: 10 }, (_, i) => ({
      ticker: 'SPX',
      asOfMs: (batch * 10 + i) * 1000,
      conventionId: 1,
      strike,
      columns,
    })),
  );
  const rows = 500 * strike.length;
  const ours = await fastest(3, async () => {
    const store = await openStore(fresh());
    await store.conventions.idOf({});
    for (const batch of batches) await store.exposures.insert(batch);
    await store.close();
  });
  const raw = await fastest(3, async () => {
    const path = fresh();
    const store = await openStore(path);
    await store.conventions.idOf({});
    await store.close();
    const db = new Sqlite(path);
    db.pragma('synchronous = NORMAL');
    const insert = db.prepare(`insert into exposures values (?, ?, ?, ?${', ?'.repeat(names.length)})`);
    const all = db.transaction((batch: (typeof batches)[number]) => {
      for (const one of batch) {
        for (let i = 0; i < strike.length; i++) {
          const v = values[i];
          insert.run(one.ticker, one.asOfMs, 1, strike[i], v, v, v, v, v, v, v, v, v, v, v, v, v, v);
        }
      }
    });
    for (const batch of batches) all(batch);
    db.close();
  });
  const rates = `${(rows / ours / 1000).toFixed(0)} k rows/s against ${(rows / raw / 1000).toFixed(0)}`;
  return {
    name: 'exposures of 14 columns against better-sqlite3',
    value: raw / ours,
    unit: 'x',
    atLeast: 0.7,
    note: rates,
  };
}
