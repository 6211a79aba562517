import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { writeIndex } from '../../../src/stores/archive/index-file.js';
import { indexPathOf, streamPath } from '../../../src/stores/archive/path.js';
import { openStream, type RecordFile } from '../../../src/stores/archive/read.js';
import { tempFolder } from '../../helpers/folder.js';
import { makeReadOnly, tinyDisk } from '../../helpers/tiny-disk.js';

const record = (i: number, bytes = 0): string => `{"timestamp":${1_777_000_000 + i * 5},"pad":"${'x'.repeat(bytes)}"}`;

function fileOf(text: string, root = tempFolder()): string {
  const path = streamPath(root, { date: '2026-01-05', ticker: 'SPX', package: 'classic', category: 'gex_full' });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function allLines(file: RecordFile): Promise<string[]> {
  const lines = await Promise.all(Array.from({ length: file.length }, async (_, i) => String(await file.line(i))));
  await file.close();
  return lines;
}

const MODES = ['memory', 'stream'] as const;

test.each(MODES)('%s serves the stored bytes, also asked for all at once', async (mode) => {
  const lines = Array.from({ length: 300 }, (_, i) => record(i, i * 37));
  const file = await openStream(fileOf(`${lines.join('\n')}\n`), mode);
  expect(file.tornBytes).toBe(0);
  expect(await allLines(file)).toEqual(lines);
});

test.each(MODES)('%s cuts a torn last line and reports it', async (mode) => {
  const file = await openStream(fileOf(`${record(0)}\n${record(1).slice(0, -5)}`), mode);
  expect(file.tornBytes).toBe(record(1).length - 5);
  expect(await allLines(file)).toEqual([record(0)]);
});

test.each(MODES)('%s opens an empty file, and has no record outside', async (mode) => {
  const file = await openStream(fileOf(''), mode);
  expect(file.length).toBe(0);
  expect(() => file.line(0)).toThrow(RangeError);
  expect(await file.indexAt(0)).toBe(0);
  await file.close();
});

test.each(MODES)('%s finds the record of an instant', async (mode) => {
  const file = await openStream(fileOf(Array.from({ length: 100 }, (_, i) => `${record(i)}\n`).join('')), mode);
  const startMs = 1_777_000_000_000;
  expect(await file.timestampMs(7)).toBe(startMs + 35_000);
  expect(await file.indexAt(0)).toBe(0);
  expect(await file.indexAt(startMs + 35_000)).toBe(7);
  expect(await file.indexAt(startMs + 35_001)).toBe(8);
  expect(await file.indexAt(startMs + 1e9)).toBe(100);
  await file.close();
});

test.each(MODES)(
  '%s reads timestamps with fractions, spaces, at the end of a long record, and their absence',
  async (mode) => {
    const late = `{"strikes":[${'1,'.repeat(1000)}1],"timestamp" : 1777000000.25}`;
    const file = await openStream(fileOf(`{"timestamp": 1777000000.5}\n${late}\n{"spot":1}\n`), mode);
    expect(await Promise.all([0, 1, 2].map((i) => file.timestampMs(i)))).toEqual([
      1_777_000_000_500,
      1_777_000_000_250,
      Number.NaN,
    ]);
    await file.close();
  },
);

test.each(MODES)('%s says that a file is missing or no file', async (mode) => {
  const folder = tempFolder();
  const absent = join(folder, 'absent.jsonl');
  await expect(openStream(absent, mode)).rejects.toMatchObject({
    kind: 'missing',
    message: `cannot read ${absent}: it does not exist`,
  });
  await expect(openStream(folder, mode)).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringContaining('it is a folder'),
  });
});

test('the index of a large file is kept, used while the file is the same, and built again when it is not', async () => {
  const lines = Array.from({ length: 2000 }, (_, i) => record(i, 1000));
  const path = fileOf(`${lines.join('\n')}\n`);
  const sidecar = String(indexPathOf(path));
  await (await openStream(path, 'memory')).close();
  expect(existsSync(sidecar)).toBe(false);
  expect(await allLines(await openStream(path, 'stream'))).toEqual(lines);
  const kept = readFileSync(sidecar);

  // An index that leaves out the last line shows that it is the one in use.
  const shorter = Buffer.concat([
    kept.subarray(0, 48),
    kept.subarray(48, 48 + 1999 * 8),
    kept.subarray(48 + 2000 * 8, -8),
  ]);
  shorter.writeBigUInt64LE(1999n, 40);
  writeFileSync(sidecar, shorter);
  expect(await allLines(await openStream(path, 'stream'))).toEqual(lines.slice(0, 1999));

  appendFileSync(path, `${record(2000)}\n`);
  expect(await allLines(await openStream(path, 'stream'))).toEqual([...lines, record(2000)]);
});

test('a cached index that is damaged or of another time is not used', async () => {
  const lines = Array.from({ length: 2000 }, (_, i) => record(i, 1000));
  const path = fileOf(`${lines.join('\n')}\n`);
  const sidecar = String(indexPathOf(path));
  await (await openStream(path, 'stream')).close();
  const whole = readFileSync(sidecar);
  for (const damaged of [
    whole.subarray(0, 20),
    whole.subarray(0, -8),
    Buffer.from('something else'),
    Buffer.alloc(0),
  ]) {
    writeFileSync(sidecar, damaged);
    expect(await allLines(await openStream(path, 'stream'))).toEqual(lines);
    expect(readFileSync(sidecar)).toEqual(whole);
  }
  utimesSync(path, 1_000_000, 1_000_000);
  await (await openStream(path, 'stream')).close();
  expect(readFileSync(sidecar)).not.toEqual(whole);
});

test('a file on a read-only disk is indexed without keeping the index', async (context) => {
  const disk = tinyDisk(4096);
  if (!disk) return context.skip('mounting a read-only disk needs root');
  const lines = Array.from({ length: 2000 }, (_, i) => record(i, 1000));
  const path = fileOf(`${lines.join('\n')}\n`, disk);
  makeReadOnly(disk);
  expect(await allLines(await openStream(path, 'stream'))).toEqual(lines);
});

test('a record behind the fifth gigabyte is read exactly', async () => {
  const path = fileOf(`${record(0)}\n`);
  const farAway = 5 * 2 ** 30;
  truncateSync(path, farAway);
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, `${record(1)}\n`, farAway);
  closeSync(descriptor);
  // The kept index stands in for a scan of five gigabytes of nothing.
  const starts = Float64Array.of(0, farAway);
  const ends = Float64Array.of(record(0).length, farAway + record(1).length);
  await writeIndex(String(indexPathOf(path)), statSync(path, { bigint: true }), {
    length: 2,
    starts,
    ends,
    tornBytes: 0,
  });
  const file = await openStream(path, 'stream');
  expect(String(await file.line(1))).toBe(record(1));
  expect(await file.timestampMs(1)).toBe(1_777_000_005_000);
  await file.close();
});

test.each([
  ['a short', 10],
  ['a long', 100_000],
])('%s line of a file that became shorter while it was open is a storage error', async (_name, length) => {
  const path = fileOf(`${record(0)}\n${record(1, length)}\n`);
  const file = await openStream(path, 'stream');
  truncateSync(path, 10);
  await expect(Promise.resolve().then(() => file.line(1))).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringContaining('became shorter'),
  });
  await file.close();
});
