import { GexError } from '../errors.js';

/** Longest API key kept as the name of a playback position. */
const MAX_KEY_LENGTH = 256;

const SCHEME = /^(bearer|basic)(\s+|$)/i;

/**
 * The API key of a request: `Authorization: Bearer <key>`, `Basic <raw key>` or the bare key, else `?key=`.
 * Throws `usage` with the live service's text when there is none (contract sections 1.2 and 1.7).
 */
export function apiKeyOf(authorization: string | undefined, queryKey: unknown): string {
  const key = keyInHeader(authorization) || (typeof queryKey === 'string' ? queryKey : '');
  if (key === '') throw new GexError('usage', 'Authorization header not found.');
  if (key.length > MAX_KEY_LENGTH) {
    throw new GexError('usage', `The API key has ${key.length} characters; at most ${MAX_KEY_LENGTH} are accepted.`);
  }
  return key;
}

/** The key of an `Authorization` header where nothing has to be said against it; else undefined. */
export function plainKeyOf(authorization: string | undefined): string | undefined {
  const key = keyInHeader(authorization);
  return key === '' || key.length > MAX_KEY_LENGTH ? undefined : key;
}

function keyInHeader(authorization = ''): string {
  return authorization.trim().replace(SCHEME, '');
}

/** A key as it may appear in logs and answers: its first four characters, or none of a short one. */
export function maskKey(key: string): string {
  return key.length > 4 ? `${key.slice(0, 4)}****` : '****';
}
