import { type Answer, refusal, signInRefusal } from './refusal.js';
import { SCOPES, type Tokens } from './tokens.js';

/** The only audience there is, also for the simulation hosts (contract section 1). */
const AUDIENCE = 'https://api.tradestation.com';

interface SignInCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly contentType: string;
  readonly nowMs: number;
}

/** Answers of the sign-in host: /authorize, /oauth/token, /oauth/revoke, /v2/logout. */
export class SignIn {
  readonly #tokens: Tokens;
  readonly #autoConsent: boolean;

  constructor(tokens: Tokens, autoConsent: boolean) {
    this.#tokens = tokens;
    this.#autoConsent = autoConsent;
  }

  /** Undefined: not a path of this host. */
  answer(call: SignInCall): Answer | undefined {
    const row = PATHS[call.path];
    if (!row) return undefined;
    if (!row.methods.includes(call.method)) throw refusal(405, `${call.method} is not allowed here.`);
    return this[row.action](call);
  }

  /** A page with one button, or the redirect at once where consent is automatic. `decision` is what the button sends. */
  authorize({ query, nowMs }: SignInCall): Answer {
    const redirectUri = query.get('redirect_uri') ?? '';
    for (const name of ['response_type', 'client_id', 'audience', 'redirect_uri', 'scope']) {
      if (!query.get(name)) throw signInRefusal(400, 'invalid_request', `Missing required parameter: ${name}`);
    }
    if (query.get('client_id') !== this.#tokens.client.id)
      throw signInRefusal(403, 'unauthorized_client', 'Unknown client');
    if (!isLoopback(redirectUri)) throw signInRefusal(403, 'unauthorized_client', 'Callback URL mismatch');
    const fault = authorizeFault(query);
    if (fault) return redirect(redirectUri, { error: fault.error, error_description: fault.description }, query);
    const decision = query.get('decision') ?? (this.#autoConsent ? 'allow' : undefined);
    if (decision === undefined) return consentPage(query);
    if (decision !== 'allow') {
      return redirect(redirectUri, { error: 'access_denied', error_description: 'The user refused.' }, query);
    }
    const granted = (query.get('scope') ?? '').split(' ').filter((scope) => this.#tokens.client.scopes.includes(scope));
    const challenge = query.get('code_challenge') ?? undefined;
    const code = this.#tokens.issueCode({ redirectUri, challenge, scopes: granted }, nowMs);
    return redirect(redirectUri, { code }, query);
  }

  token({ body, contentType, nowMs }: SignInCall): Answer {
    if (!contentType.startsWith('application/x-www-form-urlencoded')) {
      throw signInRefusal(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded');
    }
    const form = new URLSearchParams(body);
    const grant = form.get('grant_type');
    for (const name of ['grant_type', 'client_id', ...(REQUIRED[grant ?? ''] ?? [])]) {
      if (!form.get(name)) throw signInRefusal(400, 'invalid_request', `Missing required parameter: ${name}`);
    }
    this.#tokens.checkClient(form);
    if (grant === 'refresh_token') return { status: 200, body: this.#tokens.refresh(form, nowMs) };
    if (grant === 'authorization_code') return { status: 200, body: this.#tokens.exchange(form, nowMs) };
    throw signInRefusal(403, 'unauthorized_client', `Grant type '${grant}' not allowed for the client.`);
  }

  /** Form and JSON bodies both pass: the documents disagree on which it is. */
  revoke({ body, contentType }: SignInCall): Answer {
    const form = contentType.startsWith('application/json') ? jsonForm(body) : new URLSearchParams(body);
    this.#tokens.checkClient(form);
    this.#tokens.checkSecret(form);
    this.#tokens.revoke();
    return { status: 200, body: '' };
  }

  /** Ends the browser's session only: tokens live on. */
  logout({ query }: SignInCall): Answer {
    const back = query.get('returnTo');
    return back && isLoopback(back)
      ? { status: 302, body: '', headers: { Location: back } }
      : { status: 200, body: 'OK' };
  }
}

const PATHS: Readonly<
  Record<string, { readonly methods: readonly string[]; readonly action: 'authorize' | 'token' | 'revoke' | 'logout' }>
> = {
  '/authorize': { methods: ['GET'], action: 'authorize' },
  '/oauth/token': { methods: ['POST'], action: 'token' },
  '/oauth/revoke': { methods: ['POST'], action: 'revoke' },
  '/v2/logout': { methods: ['GET'], action: 'logout' },
};

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['code', 'redirect_uri'],
  refresh_token: ['refresh_token'],
};

function authorizeFault(query: URLSearchParams): { readonly error: string; readonly description: string } | undefined {
  const invalid = (description: string) => ({ error: 'invalid_request', description });
  if (query.get('response_type') !== 'code') {
    return { error: 'unsupported_response_type', description: 'response_type must be code' };
  }
  if (query.get('audience') !== AUDIENCE) return { error: 'access_denied', description: 'Service not found' };
  const scopes = (query.get('scope') ?? '').split(' ');
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined || !scopes.includes('openid')) {
    return { error: 'invalid_scope', description: `scope ${unknown ?? 'openid is required'}` };
  }
  if (query.get('code_challenge') === null) return undefined;
  if (query.get('code_challenge_method') !== 'S256') return invalid('code_challenge_method must be S256');
  return undefined;
}

/** Only callbacks of this machine: nobody else has a business with a code of the stand-in. */
function isLoopback(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  return protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function redirect(uri: string, fields: Readonly<Record<string, string>>, query: URLSearchParams): Answer {
  const target = new URL(uri);
  for (const [name, value] of Object.entries(fields)) target.searchParams.set(name, value);
  const state = query.get('state');
  if (state !== null) target.searchParams.set('state', state);
  return { status: 302, body: '', headers: { Location: target.href } };
}

function consentPage(query: URLSearchParams): Answer {
  const link = (decision: string): string => {
    const next = new URLSearchParams(query);
    next.set('decision', decision);
    return escapeHtml(`/authorize?${next}`);
  };
  const scopes = escapeHtml(query.get('scope') ?? '');
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in - local stand-in</title>
<h1>TradeStation, local stand-in</h1>
<p>A program on this machine asks for: <code>${scopes}</code>. No real account is involved.</p>
<p><a href="${link('allow')}">Allow</a> &middot; <a href="${link('refuse')}">Refuse</a></p></html>`;
  return { status: 200, body, headers: { 'Content-Type': 'text/html; charset=utf-8' } };
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (char) => entities[char] ?? char);
}

function jsonForm(body: string): URLSearchParams {
  try {
    const value: unknown = JSON.parse(body);
    const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return new URLSearchParams(fields.filter((field): field is [string, string] => typeof field[1] === 'string'));
  } catch {
    throw signInRefusal(400, 'invalid_request', 'The body is not JSON');
  }
}
