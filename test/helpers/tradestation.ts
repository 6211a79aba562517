import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** One request as the host saw it. */
export interface HostRequest {
  readonly method: string;
  /** With its query, as it was sent. */
  readonly url: string;
  readonly form: URLSearchParams;
  readonly body: string;
  readonly authorization: string | undefined;
  /** Counts requests of this path, from 1. */
  readonly turn: number;
  readonly atMs: number;
}

/** Answers in place of the host; false leaves it to the host. */
type Behaviour = (request: HostRequest, response: ServerResponse) => boolean | Promise<boolean>;

export interface TradestationHost {
  readonly url: string;
  readonly requests: HostRequest[];
  /** Refresh tokens change with every use. */
  rotating: boolean;
  /** Seconds an access token lives. */
  lifeS: number;
  behave(behaviour: Behaviour): void;
  /** Requests for tokens. */
  tokenRequests(): readonly HostRequest[];
  /** Everything that must never be seen: all tokens and codes ever given, and the secret. */
  readonly secrets: Set<string>;
  /** Ends every refresh token. */
  revoke(): void;
}

export const KEY = { id: 'key-0123456789', secret: 'the-client-s3cret', refreshToken: 'rt-first-0000' };

/** A sign-in host and API in one that issues tokens as contract section 2 says; a rotated refresh token that is used again ends all. */
export async function tradestationHost(): Promise<TradestationHost> {
  const requests: HostRequest[] = [];
  const secrets = new Set<string>([KEY.secret, KEY.refreshToken]);
  const state = { current: KEY.refreshToken, revoked: false, issued: 0, challenge: '' };
  let behaviour: Behaviour = () => false;
  const access = new Set<string>();

  const issue = (name: string): string => {
    const token = `${name}-${++state.issued}-${Math.random().toString(36).slice(2)}`;
    secrets.add(token);
    return token;
  };
  const refuse = (response: ServerResponse, error: string, status = 403): void =>
    json(response, status, { error, error_description: `about ${error}` });

  const grant = (request: HostRequest, response: ServerResponse) => {
    const { form } = request;
    if (form.get('client_id') !== KEY.id) return refuse(response, 'access_denied', 401);
    const isCode = form.get('grant_type') === 'authorization_code';
    const hash = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (isCode && hash !== state.challenge) return refuse(response, 'invalid_grant');
    if (!isCode && (state.revoked || form.get('refresh_token') !== state.current)) {
      state.revoked ||= host.rotating;
      return refuse(response, 'invalid_grant');
    }
    const token = issue('at');
    access.add(token);
    const renews = isCode || host.rotating;
    if (renews) state.current = issue('rt');
    if (isCode) state.revoked = false;
    json(response, 200, {
      access_token: token,
      ...(renews ? { refresh_token: state.current } : {}),
      token_type: 'Bearer',
      expires_in: host.lifeS,
    });
  };

  const answer = (request: HostRequest, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    if (pathname === '/oauth/token') return grant(request, response);
    if (pathname === '/authorize') {
      state.challenge = searchParams.get('code_challenge') ?? '';
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', issue('code'));
      back.searchParams.set('state', searchParams.get('state') ?? '');
      response.writeHead(302, { location: back.href }).end();
      return;
    }
    const token = request.authorization?.replace('Bearer ', '') ?? '';
    if (!access.has(token)) return json(response, 401, { Error: 'Unauthorized', Message: 'Invalid token' });
    json(response, 200, {});
  };

  const server = createServer((incoming, response) => {
    response.on('error', () => {});
    void read(incoming, requests).then(async (request) => {
      requests.push(request);
      if (!(await behaviour(request, response))) answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host: TradestationHost = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ requests, secrets, rotating: false, lifeS: 1200 },
    behave: (next) => {
      behaviour = next;
    },
    tokenRequests: () => requests.filter(({ url }) => url === '/oauth/token'),
    revoke: () => {
      state.revoked = true;
    },
  };
  return host;
}

async function read(incoming: IncomingMessage, before: readonly HostRequest[]): Promise<HostRequest> {
  const url = incoming.url ?? '';
  const body = await text(incoming);
  const path = (one: string): string => one.split('?')[0] ?? '';
  return {
    method: incoming.method ?? '',
    ...{ url, body, form: new URLSearchParams(body) },
    authorization: incoming.headers.authorization,
    turn: before.filter((one) => path(one.url) === path(url)).length + 1,
    atMs: performance.now(),
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** The variables with which `gex` asks the host. */
export function keyVariables({ url }: TradestationHost): Record<string, string> {
  return {
    TRADESTATION_CLIENT_ID: KEY.id,
    TRADESTATION_CLIENT_SECRET: KEY.secret,
    TRADESTATION_API_URL: url,
    TRADESTATION_SIGNIN_URL: url,
  };
}
