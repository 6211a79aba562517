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
  /** When the answer came and when the access token ends, both by this machine's clock. */
  readonly issuedMs: number;
  readonly expiresMs: number;
  readonly refreshToken: string;
  /**
   * Hash of the refresh token that was configured when these tokens began (their own where none was): they count until
   * another one is configured.
   */
  readonly rootHash: string;
  /** How they began: `gex auth login`, or a configured refresh token. */
  readonly origin: 'login' | 'configured';
  /** Whether refresh tokens change with every use; unknown before the first refresh. */
  readonly rotating?: boolean;
}

/** The file of a key at a sign-in host: another key or host has another file. */
export function tokenPath(folder: string, { clientId, signInUrl }: { clientId: string; signInUrl: string }): string {
  return join(folder, `.tradestation-${hashOf(`${clientId}\n${new URL(signInUrl).host}`).slice(0, 12)}.json`);
}

/** Short and not reversible: tells secrets apart without keeping them. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The tokens of a file; undefined when there are none. GexError `storage`, `data` when it holds something else. */
export async function readTokens(path: string): Promise<Tokens | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw storageError(error, 'read', path);
  }
  const tokens = tokensIn(parsed(text));
  if (tokens) return tokens;
  throw new GexError('data', `${path} does not hold TradeStation tokens; remove it, then run gex auth login`);
}

function tokensIn(json: Readonly<Record<string, unknown>>): Tokens | undefined {
  const accessToken = words(json.accessToken);
  const refreshToken = words(json.refreshToken);
  const [issuedMs, expiresMs] = [num(json.issuedMs), num(json.expiresMs)];
  const rootHash = words(json.rootHash);
  if (!accessToken || !refreshToken || issuedMs === undefined || expiresMs === undefined || !rootHash) return undefined;
  const origin = json.origin === 'login' ? 'login' : 'configured';
  const rotating = typeof json.rotating === 'boolean' ? { rotating: json.rotating } : {};
  return { accessToken, refreshToken, issuedMs, expiresMs, rootHash, origin, ...rotating };
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
