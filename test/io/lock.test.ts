import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GexError } from '../../src/errors.js';
import { type Ctx, systemClock } from '../../src/io/ctx.js';
import { acquireLock, lockHolder } from '../../src/io/lock.js';
import { newNote, noteText } from '../../src/io/lock-note.js';
import { isAlive, ownMark } from '../../src/io/process-mark.js';
import { Child } from '../helpers/child.js';
import { tempFolder } from '../helpers/folder.js';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const ctx = (clock = systemClock): Ctx => ({
  log: silent,
  clock,
  signal: new AbortController().signal,
  progress: { start: () => ({ advance() {}, done() {} }) },
});
const ttlMs = 60_000;

/** Another machine's note, that runs out `leftMs` from now. */
const foreignNote = (leftMs: number, ttl = 300) => ({
  ...{ ...newNote(ttl, Date.now()), space: 'another boot', host: 'elsewhere' },
  expiresMs: Date.now() + leftMs,
});

const CHILD_CTX = `
  const { systemClock } = await gex('io/ctx.ts');
  const { acquireLock } = await gex('io/lock.ts');
  const nothing = () => {};
  const ctx = { log: { debug: nothing, info: nothing, warn: nothing, error: nothing }, clock: systemClock,
    signal: new AbortController().signal, progress: { start: () => ({ advance: nothing, done: nothing }) } };
  const path = process.env.LOCK;`;

test('a lock is held by one, names its holder, and is free after its release', async () => {
  const path = join(tempFolder(), 'data', '.lock');
  const lock = await acquireLock(path, { ttlMs }, ctx());
  expect(lock?.lost.aborted).toBe(false);
  expect(await acquireLock(path, { ttlMs }, ctx())).toBeUndefined();
  expect(await lockHolder(path)).toMatchObject({ pid: process.pid, ttlMs, alive: true });
  await lock?.release();
  expect(readdirSync(join(path, '..'))).toEqual([]);
  expect(await lockHolder(path)).toBeUndefined();
  const again = await acquireLock(path, { ttlMs }, ctx());
  expect(again).toBeDefined();
  await again?.release();
});

test('a living owner keeps its lock when its time has run out, on a clock that jumped a year', async () => {
  const path = join(tempFolder(), '.lock');
  const child = new Child(
    `${CHILD_CTX} await acquireLock(path, { ttlMs: 60_000 }, ctx); console.log('held'); setInterval(nothing, 1000);`,
    { LOCK: path },
  );
  expect(await child.line()).toBe('held');
  const nextYear = { ...systemClock, now: () => Date.now() + 365 * 86_400_000 };
  expect(await acquireLock(path, { ttlMs }, ctx(nextYear))).toBeUndefined();
  await child.kill();
  const lock = await acquireLock(path, { ttlMs }, ctx());
  expect(await lockHolder(path)).toMatchObject({ pid: process.pid });
  await lock?.release();
});

test('the lock of a process whose number another one has now is taken over', async (context) => {
  if (ownMark().started === undefined) return context.skip('this system does not tell when a process started');
  const path = join(tempFolder(), '.lock');
  const { started: _, ...mark } = newNote(ttlMs, Date.now());
  writeFileSync(path, noteText({ ...mark, pid: process.ppid, started: '1' }));
  expect(isAlive({ ...ownMark(), pid: process.ppid, started: '1' })).toBe(false);
  const lock = await acquireLock(path, { ttlMs }, ctx());
  expect(lock).toBeDefined();
  await lock?.release();
});

test('a lock of another host holds until it has run out, then until it is seen not to be renewed', async () => {
  const path = join(tempFolder(), '.lock');
  writeFileSync(path, noteText(foreignNote(250)));
  expect(await acquireLock(path, { ttlMs }, ctx())).toBeUndefined();
  writeFileSync(path, noteText(foreignNote(-1000)));
  const lock = await acquireLock(path, { ttlMs }, ctx());
  expect(await lockHolder(path)).toMatchObject({ pid: process.pid, ttlMs });
  await lock?.release();
});

test('a lock of another host that seems to have run out and is renewed while it is watched stays held', async () => {
  const path = join(tempFolder(), '.lock');
  const note = foreignNote(-3_600_000, 10_000); // its clock is an hour behind
  writeFileSync(path, noteText(note));
  let watched = 0;
  const sleep = async (): Promise<void> => {
    if (++watched === 3) writeFileSync(path, noteText({ ...note, expiresMs: note.expiresMs + 3000 }));
  };
  expect(await acquireLock(path, { ttlMs }, ctx({ ...systemClock, sleep }))).toBeUndefined();
  expect(watched).toBe(3);
});

test('a lock written under a clock that was ahead is watched for all its time, then taken over', async () => {
  const path = join(tempFolder(), '.lock');
  writeFileSync(path, noteText(foreignNote(3_600_000, 10_000)));
  let slept = 0;
  const sleep = async (ms: number): Promise<void> => {
    slept += ms;
  };
  const lock = await acquireLock(path, { ttlMs }, ctx({ ...systemClock, sleep }));
  expect(lock).toBeDefined();
  expect(slept).toBe(10_000);
  await lock?.release();
});

test.each(['', 'not a note', '{"pid":1}'])(
  'a lock file that says %j is taken over when nobody writes it',
  async (text) => {
    const path = join(tempFolder(), '.lock');
    writeFileSync(path, text);
    const lock = await acquireLock(path, { ttlMs: 100 }, ctx());
    expect(lock).toBeDefined();
    await lock?.release();
    expect(existsSync(path)).toBe(false);
  },
);

test('a lock is renewed in place while it is held', async () => {
  const path = join(tempFolder(), '.lock');
  const lock = await acquireLock(path, { ttlMs: 150 }, ctx());
  const first = readFileSync(path, 'utf8');
  await expect.poll(() => readFileSync(path, 'utf8') !== first).toBe(true);
  expect((await lockHolder(path))?.expiresMs).toBeGreaterThan(Number(JSON.parse(first).expiresMs));
  expect(readFileSync(path, 'utf8')).toHaveLength(first.length);
  await lock?.release();
});

test("a lock whose file holds somebody else's note is lost, and its release leaves that file alone", async () => {
  const folder = tempFolder();
  const path = join(folder, '.lock');
  const lock = await acquireLock(path, { ttlMs: 90 }, ctx());
  if (!lock) throw new Error('not locked');
  const other = noteText(foreignNote(60_000));
  writeFileSync(join(folder, 'other'), other);
  renameSync(join(folder, 'other'), path);
  await once(lock.lost, 'abort');
  expect(lock.lost.reason).toBeInstanceOf(GexError);
  expect(String(lock.lost.reason)).toMatch(/is lost: another process has taken it over/);
  await lock.release();
  expect(readFileSync(path, 'utf8')).toBe(other);
});

test('a lock whose file cannot be renewed until it ran out is lost', async () => {
  const path = join(tempFolder(), '.lock');
  const lock = await acquireLock(path, { ttlMs: 90 }, ctx());
  if (!lock) throw new Error('not locked');
  rmSync(path);
  mkdirSync(path); // opening it for writing fails with EISDIR
  await once(lock.lost, 'abort');
  expect(String(lock.lost.reason)).toMatch(/could not be renewed in time/);
});

test('a lock that could not be removed at its release does not keep its own process out', async () => {
  const path = join(tempFolder(), '.lock');
  const lock = await acquireLock(path, { ttlMs }, ctx());
  const text = readFileSync(path);
  await lock?.release();
  writeFileSync(path, text);
  const again = await acquireLock(path, { ttlMs }, ctx());
  expect(again).toBeDefined();
  await again?.release();
});

test('a folder that cannot be written is a storage error that names it', async () => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  await expect(acquireLock(join(file, '.lock'), { ttlMs }, ctx())).rejects.toMatchObject({ kind: 'storage' });
});

test('of twenty processes that take over the locks of killed owners, one at a time is inside', {
  timeout: 120_000,
}, async () => {
  const folder = tempFolder();
  const env = { LOCK: join(folder, '.lock'), INSIDE: join(folder, 'inside'), START: join(folder, 'start') };
  // Each gets in several times; at the end of half of them it dies with the lock held, as kill -9 leaves it.
  const code = `${CHILD_CTX}
    const { closeSync, existsSync, openSync, unlinkSync } = await import('node:fs');
    const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
    console.log('ready');
    while (!existsSync(process.env.START)) await pause();
    for (let entered = 0; entered < 4; ) {
      const lock = await acquireLock(path, { ttlMs: 60_000 }, ctx);
      if (!lock) { await pause(); continue; }
      entered++;
      closeSync(openSync(process.env.INSIDE, 'wx')); // fails when somebody else is inside
      await pause();
      unlinkSync(process.env.INSIDE);
      if (entered === Number(process.env.DIES)) process.kill(process.pid, 'SIGKILL');
      await lock.release();
    }
    console.log('left');`;
  const children = Array.from(
    { length: 20 },
    (_, i) => new Child(code, { ...env, DIES: String(i % 2 ? (i % 3) + 1 : 0) }),
  );
  expect(await Promise.all(children.map((child) => child.line()))).toEqual(children.map(() => 'ready'));
  writeFileSync(env.START, '');
  const ends = await Promise.all(children.map((child) => child.line()));
  expect(ends).toEqual(children.map((_, i) => (i % 2 ? undefined : 'left')));
  expect(readdirSync(folder).filter((name) => name === 'inside' || name.endsWith('.tmp'))).toEqual([]);
  const lock = await acquireLock(env.LOCK, { ttlMs }, ctx());
  expect(lock).toBeDefined();
  await lock?.release();
  expect(readdirSync(folder).filter((name) => name.startsWith('.lock'))).toEqual([]);
});
