import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { openLiveWriter } from '../../../src/stores/archive/live.js';
import { streamPath } from '../../../src/stores/archive/path.js';
import type { StreamKey } from '../../../src/wire/catalogue.js';
import { tempFolder } from '../../helpers/folder.js';
import { tinyDisk } from '../../helpers/tiny-disk.js';

const KEYS = ['gex_full', 'gex_zero', 'gex_one'].map(
  (category): StreamKey => ({ date: '2026-01-05', ticker: 'SPX', package: 'classic', category }),
);
const record = (timestamp: number, pad = ''): string => `{"timestamp":${timestamp},"pad":"${pad}"}`;
const lines = (timestamp: number, pad = ''): Buffer[] => KEYS.map(() => Buffer.from(record(timestamp, pad)));
const texts = (root: string): string[] => KEYS.map((key) => readFileSync(streamPath(root, key), 'utf8'));
const whole = (...timestamps: number[]): string => timestamps.map((at) => `${record(at)}\n`).join('');

function archiveWith(...files: string[]): string {
  const root = tempFolder();
  files.forEach((text, i) => {
    const path = streamPath(root, KEYS[i] as StreamKey);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
  return root;
}

test('a record goes to every file, and the next writer goes on behind it', async () => {
  const root = tempFolder();
  for (const at of [10, 11]) {
    const writer = await openLiveWriter(root, KEYS);
    expect(writer.lastMs).toBe(at === 10 ? Number.NaN : 10_000);
    await writer.append(lines(at));
    expect(writer.lastMs).toBe(at * 1000);
    await writer.sync();
    await writer.close();
  }
  expect(texts(root)).toEqual(KEYS.map(() => whole(10, 11)));
});

test.each([
  ['a torn line', whole(10), `${whole(10)}{"timest`, whole(10)],
  ['a record that only some files have', whole(10, 11), whole(10, 11), whole(10)],
  ['a record that only some files have, torn in another', whole(10, 11), `${whole(10)}{"t`, whole(10)],
  ['a last line without its newline', record(10), whole(10), whole(10)],
])('%s of a killed writer is put right', async (_, ...files) => {
  const root = archiveWith(...files);
  const writer = await openLiveWriter(root, KEYS);
  expect(writer.lastMs).toBe(10_000);
  await writer.append(lines(12));
  await writer.close();
  expect(texts(root)).toEqual(KEYS.map(() => whole(10, 12)));
});

test('the very first record that only some files have is taken away', async () => {
  const root = archiveWith(whole(10), whole(10));
  const writer = await openLiveWriter(root, KEYS);
  expect(writer.lastMs).toBe(Number.NaN);
  await writer.close();
  expect(texts(root)).toEqual(['', '', '']);
});

test('a file that is many records ahead keeps them', async () => {
  const root = archiveWith(whole(10, 11, 12), whole(10), whole(10));
  await (await openLiveWriter(root, KEYS)).close();
  expect(texts(root)).toEqual([whole(10, 11, 12), whole(10), whole(10)]);
});

test('a full disk leaves nothing of the record in any file', async (context) => {
  const root = tinyDisk(1024);
  if (root === undefined) return context.skip('no tmpfs can be mounted here');
  const writer = await openLiveWriter(root, KEYS);
  await writer.append(lines(10));
  await expect(writer.append(lines(11, 'x'.repeat(400_000)))).rejects.toMatchObject({ kind: 'storage' });
  expect(texts(root)).toEqual(KEYS.map(() => whole(10)));
  await writer.append(lines(12));
  await writer.close();
  expect(texts(root)).toEqual(KEYS.map(() => whole(10, 12)));
});
