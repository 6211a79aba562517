import { createHash } from 'node:crypto';
import { signInRefusal } from './refusal.js';

/** Names of `scope` the sign-in host knows (contract section 2.4). */
export const SCOPES = [
  'openid',
  'offline_access',
  'profile',
  'email',
  'MarketData',
  'OptionSpreads',
  'Matrix',
  'ReadAccount',
  'Trade',
] as const;

/** An API key as it is registered with the sign-in host. */
interface ApiClient {
  readonly id: string;
  readonly secret: string;
  /** Every refresh gives a new refresh token and ends the old one. */
  readonly rotating: boolean;
  readonly scopes: readonly string[];
}

interface AccessToken {
  readonly scopes: readonly string[];
  readonly expiresMs: number;
}

/** Refresh tokens that descend from one sign-in. */
interface Family {
  current: string;
  readonly bornMs: number;
  usedMs: number;
  revoked: boolean;
  readonly scopes: readonly string[];
}

interface Code {
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresMs: number;
}

/** Lives of a rotating refresh token: unused, and altogether (contract section 2.3; the shorter of the two readings). */
const ROTATING_IDLE_MS = 30 * 60_000;
const ROTATING_LIFE_MS = 24 * 3_600_000;
const CODE_LIFE_MS = 30_000;

interface TokenOptions {
  readonly client: ApiClient;
  readonly seed: number;
  readonly accessLifeMs: number;
}

/** Codes, access tokens and refresh tokens of the sign-in host. Times are service time. Tokens follow from the seed. */
export class Tokens {
  readonly client: ApiClient;
  readonly firstRefreshToken: string;
  readonly #seed: number;
  readonly #accessLifeMs: number;
  readonly #access = new Map<string, AccessToken>();
  readonly #codes = new Map<string, Code>();
  /** Every refresh token ever issued, also those that rotation has ended. */
  readonly #families = new Map<string, Family>();
  #issued = 0;
  #rotating: boolean;

  constructor({ client, seed, accessLifeMs }: TokenOptions) {
    this.client = client;
    this.#seed = seed;
    this.#accessLifeMs = accessLifeMs;
    this.#rotating = client.rotating;
    this.firstRefreshToken = this.#startFamily(client.scopes, 0).current;
  }

  set rotating(rotating: boolean) {
    this.#rotating = rotating;
  }

  issueCode(grant: Omit<Code, 'expiresMs'>, nowMs: number): string {
    const code = this.#secret('code');
    this.#codes.set(code, { ...grant, expiresMs: nowMs + CODE_LIFE_MS });
    return code;
  }

  /** The answer to a code exchange; a code serves once. */
  exchange(form: URLSearchParams, nowMs: number) {
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const invalid = signInRefusal(403, 'invalid_grant', 'Invalid authorization code');
    if (!code || nowMs > code.expiresMs || code.redirectUri !== form.get('redirect_uri')) throw invalid;
    const verifier = form.get('code_verifier');
    if (code.challenge !== undefined) {
      if (verifier === null || challengeOf(verifier) !== code.challenge) {
        throw signInRefusal(403, 'invalid_grant', 'Failed to verify code verifier');
      }
    } else this.checkSecret(form);
    const refresh = code.scopes.includes('offline_access') ? this.#startFamily(code.scopes, nowMs).current : undefined;
    return this.#answer(code.scopes, refresh, nowMs);
  }

  /** The answer to a refresh; a token that rotation has ended takes its whole family with it. */
  refresh(form: URLSearchParams, nowMs: number) {
    this.checkSecret(form);
    const token = form.get('refresh_token') ?? '';
    const family = this.#families.get(token);
    if (family && family.current !== token) family.revoked = true;
    const idleMs = family && this.#rotating ? nowMs - family.usedMs : 0;
    const ageMs = family && this.#rotating ? nowMs - family.bornMs : 0;
    if (!family || family.revoked || idleMs > ROTATING_IDLE_MS || ageMs > ROTATING_LIFE_MS) {
      throw signInRefusal(403, 'invalid_grant', 'Unknown or invalid refresh token.');
    }
    family.usedMs = nowMs;
    if (!this.#rotating) return this.#answer(family.scopes, undefined, nowMs);
    family.current = this.#secret('rt');
    this.#families.set(family.current, family);
    return this.#answer(family.scopes, family.current, nowMs);
  }

  /** Ends every refresh token of the key. */
  revoke(): void {
    for (const family of this.#families.values()) family.revoked = true;
  }

  /** The scopes of an access token; undefined when it is unknown or has expired. */
  scopesOf(token: string, nowMs: number): readonly string[] | undefined {
    const access = this.#access.get(token);
    return access && nowMs < access.expiresMs ? access.scopes : undefined;
  }

  checkClient(form: URLSearchParams): void {
    if (form.get('client_id') !== this.client.id) throw signInRefusal(401, 'access_denied', 'Unauthorized');
  }

  /** Keys used with PKCE send no secret; one that is sent has to be right. */
  checkSecret(form: URLSearchParams): void {
    const secret = form.get('client_secret');
    if (secret !== null && secret !== this.client.secret) throw signInRefusal(401, 'access_denied', 'Unauthorized');
    if (secret === null && form.get('code_verifier') === null && form.get('grant_type') !== 'refresh_token') {
      throw signInRefusal(401, 'access_denied', 'Unauthorized');
    }
  }

  #startFamily(scopes: readonly string[], nowMs: number): Family {
    const family = { current: this.#secret('rt'), bornMs: nowMs, usedMs: nowMs, revoked: false, scopes };
    this.#families.set(family.current, family);
    return family;
  }

  #answer(scopes: readonly string[], refreshToken: string | undefined, nowMs: number) {
    const accessToken = `eyJhbGciOiJSUzI1NiJ9.${this.#secret('at')}.c2ln`;
    for (const [token, { expiresMs }] of this.#access) if (expiresMs < nowMs) this.#access.delete(token);
    this.#access.set(accessToken, { scopes, expiresMs: nowMs + this.#accessLifeMs });
    return {
      access_token: accessToken,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      id_token: `eyJhbGciOiJSUzI1NiJ9.${this.#secret('id')}.c2ln`,
      token_type: 'Bearer',
      scope: scopes.join(' '),
      expires_in: Math.round(this.#accessLifeMs / 1000),
    };
  }

  #secret(kind: string): string {
    this.#issued += 1;
    const digest = createHash('sha256').update(`${this.#seed}/${kind}/${this.#issued}`).digest('base64url');
    return kind === 'at' || kind === 'id'
      ? digest
      : `${kind}-${String(this.#issued).padStart(4, '0')}-${digest.slice(0, 24)}`;
  }
}

/** RFC 7636, method S256. */
function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
