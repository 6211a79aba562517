import type { Clock } from '../../io/ctx.js';
import { hubNamed } from '../../wire/hubs.js';
import type { Refusal } from './gate.js';
import { hubNames } from './plan.js';
import type { Sessions } from './sessions.js';
import type { Target } from './target.js';
import { type Generation, type TokenClaims, Tokens } from './tokens.js';

export interface PassOptions {
  /** Seals access tokens. */
  readonly secret: string;
  readonly tokenLifetimeMs: number;
}

/** Hands out the URLs of hubs and looks at the tokens that come back with them (contract section 5.7). */
export class Passes {
  readonly #tokens: Tokens;
  readonly #lifetimeMs: number;
  readonly #sessions: Sessions;
  readonly #clock: Clock;

  constructor({ secret, tokenLifetimeMs }: PassOptions, sessions: Sessions, clock: Clock) {
    this.#tokens = new Tokens(secret);
    this.#lifetimeMs = tokenLifetimeMs;
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /** One URL per hub of a generation with a fresh token, below a base such as `ws://127.0.0.1:8080`. */
  urls(holder: Pick<TokenClaims, 'apiKey' | 'generation' | 'joins'>, base: string): Record<string, string> {
    const era = this.#sessions.of(holder.apiKey)?.era ?? '';
    const expiresMs = this.#clock.now() + this.#lifetimeMs;
    return Object.fromEntries(
      hubNames(holder.generation).map((hub) => {
        const token = this.#tokens.seal({ ...holder, era, expiresMs });
        return [hub, `${base}/client/hubs/${hub}?access_token=${token}`];
      }),
    );
  }

  /** The API key a token was made for, whether it still stands or not; undefined for no token of this server. */
  ownerOf({ token }: Target): string | undefined {
    return this.#tokens.open(token)?.apiKey;
  }

  /** The claims of a token that opens this hub now, or why it does not. */
  claimsFor({ hub, token, recovery }: Target): TokenClaims | Refusal {
    const named = hubNamed(hub);
    if (named === undefined) return { status: 404, message: `No hub ${hub.slice(0, SHOWN_NAME)}.` };
    if (token === '') return refused('is missing; GET or POST /negotiate gives URLs with one');
    const claims = this.#tokens.open(token);
    if (claims === undefined) return refused('is not one of this server');
    const generation: Generation = named.isV2 ? 'v2' : 'legacy';
    if (claims.generation !== generation) return refused(`does not open hub ${hub}`);
    // Recovery has a token of its own: whether it still stands is told by the close code.
    if (recovery !== undefined) return claims;
    if (claims.expiresMs <= this.#clock.now()) return refused('has expired');
    if (!this.#sessions.admits(claims)) return refused('belongs to a session that has been replaced or has ended');
    return claims;
  }

  /** A name for the owner of an API key that says nothing about the key. */
  userOf(apiKey: string): string {
    return this.#tokens.userOf(apiKey);
  }
}

/** Of a name that is echoed to its sender. */
const SHOWN_NAME = 50;

function refused(why: string): Refusal {
  return { status: 401, message: `The access_token ${why}.` };
}
