import { createHash, randomBytes } from 'node:crypto';
import { GexError } from '../../errors.js';

/** What a user is asked to allow (contract section 2.1). */
interface AuthorizationRequest {
  readonly clientId: string;
  readonly signInUrl: string;
  readonly audience: string;
  /** As registered with the key. */
  readonly redirectUri: string;
  /** Besides those every sign-in needs. */
  readonly scopes: readonly string[];
}

/** One attempt to sign in. */
export interface Authorization {
  /** For the browser. */
  readonly url: string;
  /** Comes back with the code: the answer belongs to this attempt. */
  readonly state: string;
  /** Of PKCE (RFC 7636): proves that the code is exchanged by whoever asked for it. */
  readonly verifier: string;
}

/** An identity, and a refresh token. */
const ALWAYS = ['openid', 'offline_access'];

/** A new attempt with a state and an S256 challenge of its own. */
export function createAuthorization(request: AuthorizationRequest): Authorization {
  const { clientId, signInUrl, audience, redirectUri, scopes } = request;
  const [state, verifier] = [randomBytes(16).toString('base64url'), randomBytes(48).toString('base64url')];
  const url = new URL(`${signInUrl.replace(/\/+$/, '')}/authorize`);
  const fields = {
    response_type: 'code',
    client_id: clientId,
    audience,
    redirect_uri: redirectUri,
    scope: [...new Set([...ALWAYS, ...scopes])].join(' '),
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return { url: url.href, state, verifier };
}

/** The code the browser brought back. GexError `auth` when the sign-in was refused, belongs to another attempt or has none. */
export function codeOf(query: URLSearchParams, state: string): string {
  const refusal = query.get('error');
  if (refusal !== null) {
    const reason = [refusal, query.get('error_description')].filter(Boolean).join(': ').replace(/\s+/g, ' ');
    throw new GexError('auth', `TradeStation did not sign in (${reason.slice(0, 200)}); run gex auth login again`);
  }
  if (query.get('state') !== state) {
    throw new GexError(
      'auth',
      'the answer belongs to another sign-in (its state differs); run gex auth login again and use the address it prints',
    );
  }
  const code = query.get('code');
  if (code) return code;
  throw new GexError('auth', 'the answer has no code; run gex auth login again');
}

/**
 * The answer in what a user pasted: the address the browser ended at, its query, or the code alone (whose attempt the
 * verifier proves). GexError `usage` for anything else.
 */
export function pastedAnswer(text: string, state: string): URLSearchParams {
  const pasted = text.trim();
  const query = URL.canParse(pasted) ? new URL(pasted).searchParams : new URLSearchParams(pasted.replace(/^\?/, ''));
  if (query.has('code') || query.has('error')) return query;
  if (/^[\w.~-]{8,}$/.test(pasted)) return new URLSearchParams({ code: pasted, state });
  throw new GexError('usage', 'that is no address with a code; paste the whole address the browser ended at');
}
