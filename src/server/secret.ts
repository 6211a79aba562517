import { randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../io/ctx.js';

const SECRET_BYTES = 32;

/**
 * The secret that seals this archive's addresses and tokens: `given`, else the file `.secret` of the data folder, made
 * with mode 0600 when absent, so that restarts and several processes agree. A folder that cannot be written to gets a
 * secret that lasts as long as the process.
 */
export async function serverSecret(root: string, given: string | undefined, log: Log): Promise<string> {
  if (given !== undefined) return given;
  const path = join(root, '.secret');
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  try {
    return (await readSecret(path)) ?? (await keepSecret(path, secret));
  } catch (error) {
    log.debug('the secret of tokens cannot be kept: a restart ends them', { error });
    return secret;
  }
}

async function readSecret(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.trim() || undefined;
}

/** Writes beside it and links, so that of several processes one wins and nobody reads half a file. */
async function keepSecret(path: string, secret: string): Promise<string> {
  const staging = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(staging, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    await link(staging, path);
    return secret;
  } catch (error) {
    const kept = await readSecret(path);
    if (kept === undefined) throw error;
    return kept;
  } finally {
    await unlink(staging).catch(() => undefined);
  }
}
