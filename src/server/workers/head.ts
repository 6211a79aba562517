import { apiKeyOf } from '../auth.js';
import { targetOf } from '../sockets/target.js';

/** No server accepts a longer head; Node's limit too. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** Whether these bytes hold a whole request head, or can hold none any more. */
export function isWholeHead(bytes: Buffer): boolean {
  return bytes.length >= MAX_HEAD_BYTES || bytes.includes('\r\n\r\n') || bytes.includes('\n\n');
}

/**
 * The API key a request head speaks for, undefined when there is none. It only chooses a worker: whoever gets the
 * request looks again, and says what is wrong with it. `ownerOf` opens the token of a WebSocket address.
 */
export function keyOfHead(bytes: Buffer, ownerOf: (token: string) => string | undefined): string | undefined {
  const [line = '', ...headers] =
    bytes
      .toString('latin1')
      .split(/\r?\n\r?\n/, 1)[0]
      ?.split(/\r?\n/) ?? [];
  const url = line.split(' ', 2)[1] ?? '';
  const target = targetOf({ url });
  if (target !== undefined) return ownerOf(target.token);
  const authorization = headers.find((header) => /^authorization:/i.test(header))?.slice('authorization:'.length);
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('key');
  try {
    return apiKeyOf(authorization, query);
  } catch {
    return undefined;
  }
}
