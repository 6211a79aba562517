import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readUnpacked } from '../../src/io/unpack-stream.js';
import { tempFolder } from '../helpers/folder.js';

const LIMITS = { maxBytes: 64 * 1024 * 1024, maxRatio: 200 };

/** Bytes that hardly pack. */
const noise = (length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
};

function fileOf(bytes: Buffer): string {
  const path = join(tempFolder(), 'gex_full.json');
  writeFileSync(path, bytes);
  return path;
}

async function read(path: string, limits = LIMITS): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readUnpacked(path, limits)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Whether this process holds a file open. */
function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
}

const original = noise(3_500_000);

test('a file comes back as it is, packed or not, up to three times and in members', async () => {
  for (const layers of [0, 1, 2, 3]) {
    let bytes = original;
    for (let i = 0; i < layers; i++) bytes = gzipSync(bytes, { level: 1 });
    const path = fileOf(bytes);
    expect((await read(path)).equals(original)).toBe(true);
  }
  const members = Buffer.concat([gzipSync(original.subarray(0, 1_000_000)), gzipSync(original.subarray(1_000_000))]);
  expect((await read(fileOf(members))).equals(original)).toBe(true);
  for (const small of ['', 'x', '\x1f', '[]']) {
    expect((await read(fileOf(Buffer.from(small, 'latin1')))).toString('latin1')).toBe(small);
  }
});

test('chunks are about a MiB and stay what they are after the next one', async () => {
  const kept: Buffer[] = [];
  for await (const chunk of readUnpacked(fileOf(gzipSync(original, { level: 1 })), LIMITS)) kept.push(chunk);
  expect(Math.max(...kept.map((chunk) => chunk.length))).toBeLessThanOrEqual(1024 * 1024);
  expect(kept.length).toBeLessThan(12);
  expect(Buffer.concat(kept).equals(original)).toBe(true);
});

test('gzip data that is cut or damaged anywhere is a data error that names the file', async () => {
  const packed = gzipSync(original.subarray(0, 200_000));
  for (const length of [2, 5, 10, 11, 1000, packed.length - 9, packed.length - 1]) {
    const path = fileOf(packed.subarray(0, length));
    await expect(read(path)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/gex_full\.json: its gzip data is cut or damaged \(.*\); fetch it again$/),
    });
    if (process.platform === 'linux') expect(isOpen(path)).toBe(false);
  }
  for (const place of [5000, packed.length - 6]) {
    const damaged = Buffer.from(packed);
    damaged[place] = (damaged[place] as number) ^ 0x55;
    await expect(read(fileOf(damaged))).rejects.toMatchObject({ kind: 'data' });
  }
  const inner = gzipSync(packed.subarray(0, 50_000));
  await expect(read(fileOf(inner))).rejects.toMatchObject({ kind: 'data' });
});

test('a bomb stops at the limit of bytes or of the ratio, whichever is first', async () => {
  const zeros = gzipSync(Buffer.alloc(40_000_000));
  const bombs = [zeros, gzipSync(zeros)];
  for (const bomb of bombs) {
    let taken = 0;
    const path = fileOf(bomb);
    const drink = async (limits: typeof LIMITS): Promise<void> => {
      taken = 0;
      for await (const chunk of readUnpacked(path, limits)) taken += chunk.length;
    };
    await expect(drink({ maxBytes: 5_000_000, maxRatio: 1e9 })).rejects.toMatchObject({
      kind: 'data',
      message: `${path}: unpacks to more than 5000000 bytes; is it the right file?`,
    });
    expect(taken).toBeLessThanOrEqual(5_000_000);
    await expect(drink({ maxBytes: 1e9, maxRatio: 20 })).rejects.toMatchObject({
      kind: 'data',
      message: `${path}: its ${bomb.length} bytes unpack to more than 20 times as many; is it the right file?`,
    });
    expect(taken).toBeLessThanOrEqual(Math.max(1024 * 1024, bomb.length * 20));
  }
  await expect(read(fileOf(original), { maxBytes: 3_000_000, maxRatio: 2 })).rejects.toMatchObject({ kind: 'data' });
});

test('a fourth layer is refused', async () => {
  let bytes = Buffer.from('[]');
  for (let i = 0; i < 4; i++) bytes = gzipSync(bytes);
  await expect(read(fileOf(bytes))).rejects.toMatchObject({ message: expect.stringContaining('more than 3 times') });
});

test.skipIf(process.platform !== 'linux')('the file is closed when the reader leaves early', async () => {
  for (const bytes of [original, gzipSync(original), gzipSync(gzipSync(original))]) {
    const path = fileOf(bytes);
    for await (const _ of readUnpacked(path, LIMITS)) {
      expect(isOpen(path)).toBe(true);
      break;
    }
    expect(isOpen(path)).toBe(false);
  }
});

test('a missing file and a folder are told apart', async () => {
  const folder = tempFolder();
  await expect(read(join(folder, 'none'))).rejects.toMatchObject({ kind: 'missing' });
  await expect(read(folder)).rejects.toMatchObject({ kind: 'storage', message: expect.stringContaining('a folder') });
});
