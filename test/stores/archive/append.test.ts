import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { appendRecord } from '../../../src/stores/archive/append.js';
import { streamPath } from '../../../src/stores/archive/path.js';
import type { StreamKey } from '../../../src/wire/catalogue.js';
import { tempFolder } from '../../helpers/folder.js';
import { tinyDisk } from '../../helpers/tiny-disk.js';

const KEY: StreamKey = { date: '2026-01-05', ticker: 'SPX', package: 'classic', category: 'gex_full' };
const record = (timestamp: number, pad = ''): string => `{"timestamp":${timestamp},"ticker":"SPX","pad":"${pad}"}`;

function archiveWith(text: string, root = tempFolder()): string {
  const path = streamPath(root, KEY);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return root;
}
const append = (root: string, line: string) => appendRecord(root, KEY, Buffer.from(line));
const textOf = (root: string): string => readFileSync(streamPath(root, KEY), 'utf8');

test('records are appended in order to a file that is made for the first', async () => {
  const root = tempFolder();
  for (const at of [10, 11, 12]) {
    expect(await append(root, record(at))).toEqual({ path: streamPath(root, KEY), added: true, tornBytes: 0 });
  }
  expect(textOf(root)).toBe(`${record(10)}\n${record(11)}\n${record(12)}\n`);
});

test('the last record again changes nothing', async () => {
  const root = archiveWith(`${record(10)}\n`);
  expect(await append(root, record(10))).toMatchObject({ added: false });
  expect(textOf(root)).toBe(`${record(10)}\n`);
});

test.each([
  [record(9), 'is of 1970-01-01T00:00:09.000Z, not later than the last one of 1970-01-01T00:00:10.000Z'],
  [record(10, 'other'), 'not later than'],
  ['{"ticker":"SPX"}', 'has no timestamp'],
])('a record that is not later than the last is a data error: %s', async (line, message) => {
  const root = archiveWith(`${record(10)}\n`);
  await expect(append(root, line)).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining(message) });
  expect(textOf(root)).toBe(`${record(10)}\n`);
});

test('a torn last line is cut before the record is added, however long it is', async () => {
  for (const torn of ['{"timestamp":11,"tick', `{"timestamp":11,"pad":"${'x'.repeat(200_000)}`, '{"timestamp":11,\n']) {
    const root = archiveWith(`${record(10)}\n${torn}`);
    expect(await append(root, record(12))).toMatchObject({ added: true, tornBytes: torn.length });
    expect(textOf(root)).toBe(`${record(10)}\n${record(12)}\n`);
  }
});

test('a file of nothing but a torn line starts again', async () => {
  const root = archiveWith('{"timest');
  expect(await append(root, record(12))).toMatchObject({ added: true, tornBytes: 8 });
  expect(textOf(root)).toBe(`${record(12)}\n`);
});

test('a whole last record without a newline gets one', async () => {
  const root = archiveWith(record(10));
  expect(await append(root, record(12))).toMatchObject({ added: true, tornBytes: 0 });
  expect(textOf(root)).toBe(`${record(10)}\n${record(12)}\n`);
});

test('a last record longer than one read is found', async () => {
  const long = record(10, 'y'.repeat(300_000));
  const root = archiveWith(`${record(9)}\n${long}\n\r\n`);
  await expect(append(root, record(10))).rejects.toMatchObject({ kind: 'data' });
  expect(await append(root, record(11))).toMatchObject({ added: true });
});

test('a full disk leaves the file as it was', async (context) => {
  const disk = tinyDisk(64);
  if (!disk) return context.skip('mounting a small disk needs root');
  const root = archiveWith(`${record(10)}\n`, disk);
  await expect(append(root, record(11, 'z'.repeat(100_000)))).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringContaining('the disk is full'),
  });
  expect(textOf(root)).toBe(`${record(10)}\n`);
});
