import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GexError } from '../../src/errors.js';
import { ensureWritableDir, storageError, writeAtomic } from '../../src/io/files.js';
import { isAbandoned, newOwnerTag } from '../../src/io/owner.js';
import { Child } from '../helpers/child.js';
import { tempFolder } from '../helpers/folder.js';
import { tinyDisk } from '../helpers/tiny-disk.js';

const kindOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof GexError ? `${error.kind}: ${error.message}` : `not a GexError: ${error}`;
};

test('an atomic write makes the folder, gives the bytes written and leaves only the file', async () => {
  const path = join(tempFolder(), 'a', 'b', 'out.json');
  expect(await writeAtomic(path, 'é')).toBe(2);
  expect(readFileSync(path, 'utf8')).toBe('é');
  async function* chunks() {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  }
  expect(await writeAtomic(path, chunks())).toBe(7);
  expect(readFileSync(path, 'utf8')).toBe('one two');
  expect(readdirSync(join(path, '..'))).toEqual(['out.json']);
});

test('a source that fails half-way leaves the old file and no other', async () => {
  const path = join(tempFolder(), 'out.json');
  writeFileSync(path, 'old');
  async function* broken() {
    yield Buffer.from('new');
    throw new Error('the source broke');
  }
  await expect(writeAtomic(path, broken())).rejects.toThrow('the source broke');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(join(path, '..'))).toEqual(['out.json']);
});

test('a full disk is a storage error that names the path, and leaves the old file', async (context) => {
  const disk = tinyDisk(64);
  if (!disk) return context.skip('mounting a small disk needs root');
  const path = join(disk, 'out.json');
  writeFileSync(path, 'old');
  const message = await kindOf(writeAtomic(path, Buffer.alloc(200_000)));
  expect(message).toBe(`storage: cannot write ${path}: the disk is full; free some space or choose another folder`);
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(disk)).toEqual(['out.json']);
});

test('a file in the place of a folder is a storage error', async () => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  expect(await kindOf(ensureWritableDir(join(file, 'data')))).toMatch(
    /^storage: .*file\/data: a part of the path is a file/,
  );
  expect(await kindOf(ensureWritableDir(file))).toMatch(/^storage: .*a file is in the way/);
});

test('a folder in a file system that takes none is a storage error', async (context) => {
  if (!existsSync('/proc/self')) return context.skip('no /proc here');
  expect(await kindOf(ensureWritableDir('/proc/nope/data'))).toMatch(/^storage: .*\/proc takes no new folders/);
});

test('a folder without write permission is a storage error', async (context) => {
  if (process.getuid?.() === 0) return context.skip('root may write everywhere');
  const folder = tempFolder();
  chmodSync(folder, 0o500);
  expect(await kindOf(ensureWritableDir(folder))).toMatch(/^storage: .*permission is denied/);
});

test.each(['ENOSPC', 'EROFS', 'EACCES', 'ENOTDIR', 'EIO', 'EMFILE', 'EXYZ'])('%s becomes one sentence', (code) => {
  const error = Object.assign(new Error('raw text'), { code, syscall: 'write' });
  const explained = storageError(error, 'write', '/data/x');
  expect(explained).toBeInstanceOf(GexError);
  expect((explained as GexError).kind).toBe('storage');
  expect((explained as GexError).message).toMatch(/^cannot write \/data\/x: [^.\n]+$/);
});

test('an error that is not of the system stays itself', () => {
  const bug = new TypeError('a bug');
  expect(storageError(bug, 'write', '/data/x')).toBe(bug);
});

test('what a killed run left beside a file goes with the next write, what a running one has stays', async () => {
  const folder = tempFolder();
  const code = `const { newOwnerTag } = await gex('io/owner.ts'); console.log(newOwnerTag()); setInterval(() => {}, 1000);`;
  const killed = new Child(code);
  const running = new Child(code);
  const tags = [await killed.line(), await running.line()];
  for (const tag of tags) writeFileSync(join(folder, `.out.json.${tag}.tmp`), 'half');
  await killed.kill();
  await writeAtomic(join(folder, 'out.json'), 'whole');
  expect(readdirSync(folder).sort()).toEqual([`.out.json.${tags[1]}.tmp`, 'out.json'].sort());
});

test('leftovers of this very number are recognised by their age, those of other hosts after a day', () => {
  const now = Date.now();
  const startMs = now - process.uptime() * 1000;
  expect(isAbandoned(newOwnerTag(), now, now)).toBe(false);
  expect(isAbandoned(newOwnerTag(), startMs - 1, now)).toBe(true);
  const foreign = newOwnerTag().replace(hostname().replace(/[^A-Za-z0-9.]/g, '_'), 'elsewhere');
  expect(isAbandoned(foreign, now - 23 * 3600_000, now)).toBe(false);
  expect(isAbandoned(foreign, now - 25 * 3600_000, now)).toBe(true);
  expect(isAbandoned('somebody elses file', 0, now)).toBe(false);
});

test('a file that only looks like staging is left alone', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'd'));
  const mine = join(folder, 'd', '.out.json.notes.tmp');
  writeFileSync(mine, 'mine');
  utimesSync(mine, 0, 0);
  await writeAtomic(join(folder, 'd', 'out.json'), 'x');
  expect(readFileSync(mine, 'utf8')).toBe('mine');
});
