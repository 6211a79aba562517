import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GexError } from '../errors.js';
import { isAbandoned, newOwnerTag } from './owner.js';

/** What a failed system call means and what to do about it. */
const FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space or choose another folder',
  EDQUOT: 'the disk quota is used up; free some space or choose another folder',
  EROFS: 'the file system is read-only; choose a folder on a writable one',
  EACCES: 'permission is denied; change the permissions or choose another folder',
  EPERM: 'the operation is not permitted; change the permissions or choose another folder',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another folder',
  EISDIR: 'it is a folder, not a file; choose another path',
  EEXIST: 'a file is in the way; move it or choose another path',
  EIO: 'the disk reports an input/output error; check the device',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENFILE: 'the system has too many open files; close other programs',
  ENAMETOOLONG: 'the path is too long; choose a shorter one',
};

/**
 * A failed system call as a GexError: `missing` when the file is not there, `storage` otherwise, one sentence naming
 * the path and what to do. Anything that is not a system error is returned as it came.
 */
export function storageError(error: unknown, doing: string, path: string): unknown {
  if (!(error instanceof Error) || error instanceof GexError || !('code' in error)) return error;
  const code = String(error.code);
  if (!('syscall' in error)) return error;
  if (code === 'ENOENT') return new GexError('missing', `cannot ${doing} ${path}: it does not exist`, { cause: error });
  return new GexError('storage', `cannot ${doing} ${path}: ${FAULTS[code] ?? error.message}`, { cause: error });
}

/** Creates the folder where it is absent and checks that files can be made in it; GexError `storage` otherwise. */
export async function ensureWritableDir(path: string): Promise<void> {
  try {
    await makeFolders(resolve(path));
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw storageError(error, 'write to', path);
  }
}

/** One level at a time: Node's own `recursive` never returns where a parent answers ENOENT to every new entry (/proc). */
async function makeFolders(path: string): Promise<void> {
  const found = await stat(path).catch(missingAsUndefined);
  if (found?.isDirectory()) return;
  if (!found) await makeFolders(dirname(path));
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST' && (await stat(path)).isDirectory()) return; // somebody else was faster
    if (error.code !== 'ENOENT') throw error;
    throw new GexError(
      'storage',
      `cannot create ${path}: ${dirname(path)} takes no new folders; choose another folder`,
    );
  });
}

function missingAsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Makes the entries of a folder durable (a rename is only on disk after this). */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync a folder; the rename itself has happened.
    if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error;
  } finally {
    await handle.close();
  }
}

type Content = string | Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Writes a whole file or nothing: a staging file beside it, fsync, rename, fsync of the folder (created when absent).
 * Resolves to the bytes written. A reader sees the old file or the new one. `mode` (default 0666 less the umask) is there from
 * the first byte. GexError `storage` names path and remedy.
 */
export async function writeAtomic(path: string, content: Content, mode = 0o666): Promise<number> {
  const folder = dirname(path);
  const staging = join(folder, `.${basename(path)}.${newOwnerTag()}${STAGING_SUFFIX}`);
  await ensureWritableDir(folder);
  try {
    await sweepSiblings(path);
    const handle = await open(staging, 'wx', mode);
    try {
      const bytes = await writeContent(handle, content);
      await handle.sync();
      await handle.close();
      await rename(staging, path);
      await syncDirectory(folder);
      return bytes;
    } catch (error) {
      await handle.close().catch(() => undefined);
      await unlink(staging).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw storageError(error, 'write', path);
  }
}

const STAGING_SUFFIX = '.tmp';

async function writeContent(handle: FileHandle, content: Content): Promise<number> {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    await handle.writeFile(content);
    return typeof content === 'string' ? Buffer.byteLength(content) : content.length;
  }
  let bytes = 0;
  for await (const chunk of content) {
    await handle.writeFile(chunk);
    bytes += chunk.length;
  }
  return bytes;
}

/** Removes staging files that killed runs left beside this path. */
async function sweepSiblings(path: string): Promise<void> {
  const prefix = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix) || !name.endsWith(STAGING_SUFFIX)) continue;
    const leftover = join(dirname(path), name);
    const found = await stat(leftover).catch(() => undefined);
    const tag = name.slice(prefix.length, -STAGING_SUFFIX.length);
    if (found && isAbandoned(tag, found.mtimeMs, Date.now())) await unlink(leftover).catch(() => undefined);
  }
}
