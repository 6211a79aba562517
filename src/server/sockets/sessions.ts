import { randomBytes } from 'node:crypto';
import type { Plan } from './plan.js';
import type { TokenClaims } from './tokens.js';

/** What a POST negotiated for an API key: groups that the server joins on every connection with its URLs. */
export interface Session {
  readonly apiKey: string;
  readonly era: string;
  plan: Plan;
}

/** The current session of every API key; at most `maxKeys` are remembered, the least recently negotiated one leaves. */
export class Sessions {
  readonly #maxKeys: number;
  readonly #sessions = new Map<string, Session>();

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  /** Starts a session; the key's earlier one and all tokens made before are void. */
  open(apiKey: string, plan: Plan): Session {
    const session = { apiKey, era: randomBytes(9).toString('base64url'), plan };
    this.#sessions.delete(apiKey);
    this.#sessions.set(apiKey, session);
    if (this.#sessions.size > this.#maxKeys) {
      const [oldest] = this.#sessions.keys();
      if (oldest !== undefined) this.#sessions.delete(oldest);
    }
    return session;
  }

  of(apiKey: string): Session | undefined {
    return this.#sessions.get(apiKey);
  }

  /**
   * Whether a token still stands. One that the server joins for needs its session; one whose client joins itself stands
   * until a newer session voids it, so it outlives a restart.
   */
  admits({ apiKey, era, joins }: TokenClaims): boolean {
    const session = this.#sessions.get(apiKey);
    return session === undefined ? !joins : session.era === era;
  }
}
