import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GexError } from '../../errors.js';
import { storageError, writeAtomic } from '../../io/files.js';
import { isObject } from '../../wire/chain-reading.js';
import { num, words } from './values.js';

/** What a sign-in gave: kept in a file that only its owner may read, shared by every process that uses the key. */
export interface Tokens {
  readonly accessToken: string;
  /** By this machine's clock when the answer came. */
  readonly expiresMs: number;
  readonly refreshToken: string;
  /** Hash of the configured refresh token these tokens descend from; a newly configured one starts afresh. */
  readonly rootHash: string;
}

/** The file of a key at a sign-in host: another key or host has another file. */
export function tokenPath(folder: string, { clientId, signInUrl }: { clientId: string; signInUrl: string }): string {
  return join(folder, `.tradestation-${hashOf(`${clientId}\n${new URL(signInUrl).host}`).slice(0, 12)}.json`);
}

/** Short and not reversible: tells secrets apart without keeping them. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The tokens of a file; undefined when there are none, or none that can be read. GexError `storage`. */
export async function readTokens(path: string): Promise<Tokens | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw storageError(error, 'read', path);
  }
  const json = parsed(text);
  const accessToken = words(json.accessToken);
  const refreshToken = words(json.refreshToken);
  const expiresMs = num(json.expiresMs);
  const rootHash = words(json.rootHash);
  if (!accessToken || !refreshToken || expiresMs === undefined || !rootHash) {
    throw new GexError('data', `${path} does not hold TradeStation tokens; remove it, then run gex auth login`);
  }
  return { accessToken, refreshToken, expiresMs, rootHash };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Replaces the file, durable and readable by its owner alone from the first byte. GexError `storage`. */
export async function writeTokens(path: string, tokens: Tokens): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(tokens)}\n`, 0o600);
}
