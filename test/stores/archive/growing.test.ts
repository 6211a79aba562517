import { appendFileSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { type GrowingFile, openGrowing } from '../../../src/stores/archive/growing.js';
import { openStream } from '../../../src/stores/archive/read.js';
import { tempFolder } from '../../helpers/folder.js';

const record = (timestamp: number, pad = ''): string => `{"timestamp":${timestamp},"pad":"${pad}"}`;
const whole = (...timestamps: number[]): string => timestamps.map((at) => `${record(at)}\n`).join('');

async function growing(text: string): Promise<{ readonly file: GrowingFile; readonly path: string }> {
  const path = join(tempFolder(), 'gex_full.jsonl');
  writeFileSync(path, text);
  const file = await openGrowing(path);
  onTestFinished(() => file.close());
  return { file, path };
}

async function linesOf(file: GrowingFile): Promise<string[]> {
  file.refresh();
  return Promise.all(Array.from({ length: file.length }, async (_, i) => String(await file.line(i))));
}

test('records that are appended are there after the next refresh, a part of one is not', async () => {
  const { file, path } = await growing('');
  expect([file.length, file.lastMs]).toEqual([0, Number.NaN]);
  appendFileSync(path, whole(10, 11));
  expect(file.length).toBe(0);
  expect(await linesOf(file)).toEqual([record(10), record(11)]);
  appendFileSync(path, record(12).slice(0, 9));
  expect(await linesOf(file)).toHaveLength(2);
  appendFileSync(path, `${record(12).slice(9)}\n`);
  expect(await linesOf(file)).toEqual([record(10), record(11), record(12)]);
  expect([file.lastMs, await file.timestampMs(1), await file.indexAt(11_500)]).toEqual([12_000, 11_000, 2]);
});

test('a last record without its newline counts once, however the newline comes', async () => {
  const { file, path } = await growing(`${whole(10)}${record(11)}`);
  expect(await linesOf(file)).toEqual([record(10), record(11)]);
  appendFileSync(path, `\n${record(12)}\r\n`);
  expect(await linesOf(file)).toEqual([record(10), record(11), record(12)]);
});

test('a record that was cut is gone, and the one that took its place is another', async () => {
  const { file, path } = await growing(whole(10, 11, 12));
  truncateSync(path, whole(10, 11).length);
  expect(await linesOf(file)).toEqual([record(10), record(11)]);
  expect([file.cuts, file.cutTo, file.lastMs]).toEqual([1, 2, 11_000]);
  for (const pad of ['', 'shorter than', 'x'.repeat(500)]) {
    const before = file.cuts;
    truncateSync(path, whole(10).length);
    appendFileSync(path, `${record(13, pad)}\n${record(14)}\n`);
    expect(await linesOf(file)).toEqual([record(10), record(13, pad), record(14)]);
    expect(file.cuts).toBe(before + 1);
    truncateSync(path, whole(10).length);
    appendFileSync(path, whole(11));
    expect(await linesOf(file)).toEqual([record(10), record(11)]);
  }
  truncateSync(path, 0);
  expect(await linesOf(file)).toEqual([]);
  expect(file.lastMs).toBe(Number.NaN);
});

test('a record longer than what one refresh takes in is read whole', async () => {
  const long = record(10, 'x'.repeat(9 << 20));
  const { file, path } = await growing(`${long}\n`);
  appendFileSync(path, whole(11));
  const lines = await linesOf(file);
  expect(lines.map((line) => line.length)).toEqual([long.length, record(11).length]);
});

test('written in pieces of any size, it has the records of the file', async () => {
  const random = randomStream(7, 'growing');
  const { file, path } = await growing('');
  const text = Array.from({ length: 3000 }, (_, i) => `${record(i, 'y'.repeat(random.uint32() % 300))}\n`).join('');
  const handle = openSync(path, 'a');
  for (let at = 0; at < text.length; ) {
    const size = 1 + (random.uint32() % 2000);
    writeSync(handle, text.slice(at, at + size));
    at += size;
    file.refresh();
  }
  const stored = await openStream(path, 'memory');
  expect(await linesOf(file)).toEqual(text.trimEnd().split('\n'));
  expect(file.length).toBe(stored.length);
  expect(file.cuts).toBe(0);
});

test('a missing file says so', async () => {
  await expect(openGrowing(join(tempFolder(), 'none.jsonl'))).rejects.toMatchObject({ kind: 'missing' });
});
