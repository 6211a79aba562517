import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Which hubs a token opens: those clients join groups on themselves, or their `v2_` twins (contract section 5.1). */
export type Generation = 'legacy' | 'v2';

/** What an access token carries, unreadable to whoever holds it. */
export interface TokenClaims {
  readonly apiKey: string;
  readonly generation: Generation;
  /** The negotiated session it belongs to, or the one that was current when it was made; empty: none yet. */
  readonly era: string;
  /** True when the session's groups are joined by the server. */
  readonly joins: boolean;
  readonly expiresMs: number;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Makes and opens access tokens: encrypted and authenticated, of URL-safe characters only (contract section 5.7). */
export class Tokens {
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'gex socket token', 32));
  }

  seal(claims: TokenClaims): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    const { apiKey, generation, era, joins, expiresMs } = claims;
    const text = JSON.stringify([apiKey, generation, era, joins, expiresMs]);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** The claims, expired or not; undefined for anything this secret did not seal. */
  open(token: string): TokenClaims | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      const [apiKey, generation, era, joins, expiresMs] = JSON.parse(text.toString());
      return { apiKey, generation, era, joins, expiresMs };
    } catch {
      return undefined;
    }
  }

  /** A name for the owner of an API key that says nothing about the key. */
  userOf(apiKey: string): string {
    return createHmac('sha256', this.#key).update(apiKey).digest('hex').slice(0, 16);
  }
}
