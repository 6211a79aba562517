import { open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GexError } from '../errors.js';
import type { Ctx } from './ctx.js';
import { ensureWritableDir, storageError, writeAtomic } from './files.js';
import { type LockNote, newNote, noteText, parseNote } from './lock-note.js';
import { isAlive } from './process-mark.js';

/** A lock this process holds. */
export interface FileLock {
  /** Aborted with a `storage` error once another process holds the lock, or it could not be renewed until it ran out. */
  readonly lost: AbortSignal;
  /** Removes the lock file when it is still this lock's own. */
  release(): Promise<void>;
}

interface LockOptions {
  /** How long the lock holds without being renewed; it is renewed three times as often. */
  readonly ttlMs: number;
}

/**
 * Takes a lock file, or resolves to undefined when it is held. A lock is taken over at once when its owner's process is
 * gone, and, where that cannot be asked, when it has run out and is not renewed while it is watched (half its time to
 * live): clocks that jump or differ between hosts never cost a living owner its lock. GexError `storage`.
 */
export async function acquireLock(path: string, { ttlMs }: LockOptions, ctx: Ctx): Promise<FileLock | undefined> {
  await ensureWritableDir(dirname(path));
  const note = await claim(path, ttlMs, ctx);
  return note && hold(path, note, ctx);
}

/** Who holds a lock file, as it says itself; undefined when there is none. */
export async function lockHolder(path: string): Promise<(LockNote & { readonly alive?: boolean }) | undefined> {
  const note = parseNote((await read(path)) ?? '');
  if (!note) return undefined;
  const alive = isAlive(note);
  return { ...note, ...(alive === undefined ? {} : { alive }) };
}

/** How often a lock is renewed in its time to live. */
const RENEWALS = 3;

/** Tags of released locks of this process: one that could not be removed then must not hold as long as the process runs. */
const released = new Set<string>();

async function claim(path: string, ttlMs: number, ctx: Ctx): Promise<LockNote | undefined> {
  const note = newNote(ttlMs, ctx.clock.now());
  return (await create(path, note)) || (await takeOver(path, note, ctx)) ? note : undefined;
}

/** Whether the file was absent and holds the note now. */
async function create(path: string, note: LockNote): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(noteText(note));
    } catch (error) {
      await unlink(path).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
    return await isOwn(path, note);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw storageError(error, 'lock', path);
  }
}

/**
 * Whether an abandoned lock was replaced. Only the holder of a second lock, named after the tag that it replaces, may do
 * that: a process that judged the same lock a moment later finds another tag and leaves it alone.
 */
async function takeOver(path: string, note: LockNote, ctx: Ctx): Promise<boolean> {
  const found = await read(path);
  if (found === undefined) return create(path, note);
  if (!(await isAbandoned(path, found, note.ttlMs, ctx))) return false;
  return guarded(path, found, { ttlMs: note.ttlMs, ctx }, () => writeAtomic(path, noteText(note)));
}

interface Guard {
  readonly ttlMs: number;
  readonly ctx: Ctx;
}

/** Does the work while nobody else may change a lock file of this content; false when it has changed or is being changed. */
async function guarded(path: string, content: string, { ttlMs, ctx }: Guard, work: () => Promise<unknown>) {
  const guard = `${path}.${parseNote(content)?.tag.split('-').at(-1) ?? 'unreadable'}`;
  const note = await claim(guard, ttlMs, ctx);
  if (!note) return false;
  try {
    if (tagIn(await read(path)) !== tagIn(content)) return false;
    await work();
    return true;
  } finally {
    if (await isOwn(guard, note)) await unlink(guard);
  }
}

const tagIn = (content: string | undefined): string | undefined => content && (parseNote(content)?.tag ?? content);

async function isAbandoned(path: string, content: string, ttlMs: number, ctx: Ctx): Promise<boolean> {
  const note = parseNote(content);
  if (!note) return staysUnchanged(path, content, ttlMs, ctx);
  const alive = released.has(note.tag) ? false : isAlive(note);
  if (alive !== undefined) return !alive;
  const leftMs = note.expiresMs - ctx.clock.now();
  if (leftMs > 0 && leftMs <= note.ttlMs) return false;
  // A lock that holds longer than any does was written under another clock: how long it still holds cannot be read.
  const watchMs = leftMs > 0 ? note.ttlMs : note.ttlMs / 2;
  ctx.log.debug(`watching the lock ${path} of ${note.tag} for ${Math.ceil(watchMs / 1000)} s: it seems abandoned`);
  return staysUnchanged(path, content, watchMs, ctx);
}

async function staysUnchanged(path: string, content: string, watchMs: number, ctx: Ctx): Promise<boolean> {
  const steps = 10;
  for (let step = 0; step < steps; step++) {
    await ctx.clock.sleep(watchMs / steps, ctx.signal);
    if ((await read(path)) !== content) return false;
  }
  return true;
}

function hold(path: string, note: LockNote, ctx: Ctx): FileLock {
  const lost = new AbortController();
  let renewedAt = performance.now(); // monotonic: a step of the wall clock neither prolongs nor ends the lock
  let renewing: Promise<void> | undefined;
  let ticksWaited = 0;
  const end = (why: string, cause?: unknown): void => {
    clearInterval(timer);
    lost.abort(new GexError('storage', `the lock ${path} is lost: ${why}`, { cause }));
  };
  const renewNow = async (): Promise<void> => {
    const fault = await renew(path, note, ctx.clock.now());
    renewing = undefined;
    if (fault === undefined) renewedAt = performance.now();
    else if (fault === 'taken') end('another process has taken it over');
    else if (performance.now() - renewedAt > note.ttlMs) end('it could not be renewed in time', fault);
    else ctx.log.warn(`the lock ${path} could not be renewed`, { fault: String(fault) });
  };
  const timer = setInterval(() => {
    ticksWaited = renewing ? ticksWaited + 1 : 0;
    // Ticks and not time: a process that was stopped for long first hears how its renewal went.
    if (ticksWaited > RENEWALS) end('its file system does not answer');
    else renewing ??= renewNow();
  }, note.ttlMs / RENEWALS).unref();
  return {
    lost: lost.signal,
    release: async () => {
      clearInterval(timer);
      await renewing;
      released.add(note.tag);
      const calm = { ...ctx, signal: new AbortController().signal }; // a release also belongs to an interrupted run
      if (await isOwn(path, note)) await remove(path, note, calm);
    },
  };
}

async function remove(path: string, note: LockNote, ctx: Ctx): Promise<void> {
  try {
    await guarded(path, noteText(note), { ttlMs: note.ttlMs, ctx }, () => unlink(path));
  } catch (error) {
    throw storageError(error, 'release the lock', path);
  }
}

/**
 * Undefined when the file holds the note with a later expiry now. It is read and written through one open file: when
 * another process renames its own file over this one in between, the write goes to the replaced file.
 */
async function renew(path: string, note: LockNote, nowMs: number): Promise<unknown> {
  try {
    const handle = await open(path, 'r+');
    try {
      if (parseNote(await handle.readFile('utf8'))?.tag !== note.tag) return 'taken';
      await handle.write(noteText({ ...note, expiresMs: nowMs + note.ttlMs }), 0);
      return undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    return hasCode(error, 'ENOENT') ? 'taken' : error;
  }
}

async function isOwn(path: string, note: LockNote): Promise<boolean> {
  return tagIn(await read(path)) === note.tag;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw storageError(error, 'read the lock', path);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
