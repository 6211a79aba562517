import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Json, type Standin, standin } from './fixture.js';

const QUOTES = '/v3/marketdata/quotes/HEALTH';
const REDIRECT = 'http://localhost:31022';

async function refresh(
  server: Standin,
  token = server.credentials.refreshToken,
  secret = server.credentials.clientSecret,
) {
  const { clientId: client_id } = server.credentials;
  const fields = { grant_type: 'refresh_token', client_id, client_secret: secret, refresh_token: token };
  const answer = await server.form('/oauth/token', fields);
  return { status: answer.status, body: (await answer.json()) as Json };
}

describe('refresh tokens', () => {
  it('that do not rotate stay out of the answer', async () => {
    const server = await standin();
    const { status, body } = await refresh(server);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 1200,
      scope: expect.stringContaining('MarketData'),
    });
    expect(body).not.toHaveProperty('refresh_token');
    expect((await refresh(server)).status).toBe(200);
  });

  it('that rotate change with every use; an old one ends the whole family', async () => {
    const server = await standin({ rotating: true });
    // The fixture has used the first one already.
    const stolen = await refresh(server);
    expect(stolen).toEqual({ status: 403, body: { error: 'invalid_grant', error_description: expect.any(String) } });
  });

  it('that rotate work one after the other, until half an hour without use', async () => {
    const server = await standin();
    server.setFaults([{ path: '/oauth/token', rotate: true, count: 1 }]);
    const second = (await refresh(server)).body.refresh_token as string;
    const third = (await refresh(server, second)).body.refresh_token as string;
    expect(new Set([server.credentials.refreshToken, second, third]).size).toBe(3);
    await server.advance(31 * 60_000, 31 * 60_000);
    expect((await refresh(server, third)).status).toBe(403);
  });

  it('all end with a revocation', async () => {
    const server = await standin();
    const { clientId: client_id, clientSecret: client_secret, refreshToken: token } = server.credentials;
    expect((await server.form('/oauth/revoke', { client_id, client_secret, token })).status).toBe(200);
    expect((await refresh(server)).body.error).toBe('invalid_grant');
  });

  it('are refused with the wrong secret, a missing field or the wrong content type', async () => {
    const server = await standin();
    expect(await refresh(server, undefined, 'wrong')).toMatchObject({ status: 401, body: { error: 'access_denied' } });
    const missing = await server.form('/oauth/token', { grant_type: 'refresh_token', client_id: 'standin-client' });
    expect([missing.status, await missing.json()]).toEqual([
      ...[400, { error: 'invalid_request', error_description: 'Missing required parameter: refresh_token' }],
    ]);
    const json = await fetch(`${server.url}/oauth/token`, { method: 'POST', body: '{}' });
    expect(json.status).toBe(400);
  });

  it('lose their answer when told to, although they have been used', async () => {
    const server = await standin({ faults: [{ path: '/oauth/token', loseRefreshAnswer: true, skip: 1, count: 1 }] });
    await expect(refresh(server)).rejects.toThrow();
    expect((await refresh(server)).status).toBe(200);
  });
});

describe('access tokens', () => {
  it('expire after their life', async () => {
    const server = await standin({ accessLifeMs: 2000 });
    expect((await server.get(QUOTES)).status).toBe(200);
    await server.advance(2000);
    expect((await server.get(QUOTES)).status).toBe(401);
  });
});

describe('the sign-in page', () => {
  const verifier = 'a'.repeat(64);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const address = (changes: Record<string, string> = {}): string => {
    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id: 'standin-client', audience: 'https://api.tradestation.com' },
      ...{ redirect_uri: REDIRECT, scope: 'openid offline_access MarketData', state: 's 1' },
      ...{ code_challenge: challenge, code_challenge_method: 'S256', ...changes },
    });
    return `/authorize?${query}`;
  };
  const location = async (server: Standin, path: string): Promise<URL> => {
    const answer = await server.get(path);
    expect(answer.status).toBe(302);
    return new URL(answer.headers.get('location') ?? '');
  };

  it('asks, then redirects with a code that PKCE exchanges once', async () => {
    const server = await standin();
    const page = await (await server.get(address())).text();
    const link = /href="([^"]*decision=allow[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const back = await location(server, link);
    expect(back.searchParams.get('state')).toBe('s 1');
    const fields = {
      ...{ grant_type: 'authorization_code', client_id: 'standin-client', redirect_uri: REDIRECT },
      ...{ code: back.searchParams.get('code') ?? '', code_verifier: verifier },
    };
    const granted = (await (await server.form('/oauth/token', fields)).json()) as Json;
    expect(granted).toMatchObject({ refresh_token: expect.any(String), scope: 'openid offline_access MarketData' });
    expect((await refresh(server, granted.refresh_token as string)).status).toBe(200);
    expect((await server.form('/oauth/token', fields)).status).toBe(403);
  });

  it('refuses a wrong verifier, a late code and the user who says no', async () => {
    const server = await standin({ autoConsent: true });
    const code = async () => (await location(server, address())).searchParams.get('code') ?? '';
    const fields = { grant_type: 'authorization_code', client_id: 'standin-client', redirect_uri: REDIRECT };
    const wrong = { ...fields, code: await code(), code_verifier: 'b'.repeat(64) };
    expect((await server.form('/oauth/token', wrong)).status).toBe(403);
    const late = { ...fields, code: await code(), code_verifier: verifier };
    await server.advance(31_000, 31_000);
    expect((await server.form('/oauth/token', late)).status).toBe(403);
    const refused = await location(server, address({ decision: 'refuse' }));
    expect(refused.searchParams.get('error')).toBe('access_denied');
  });

  it.each([
    [{ audience: 'https://sim-api.tradestation.com' }, 'access_denied'],
    [{ scope: 'marketdata openid' }, 'invalid_scope'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
  ])('sends %j back as %s', async (change, error) => {
    const server = await standin({ autoConsent: true });
    expect((await location(server, address(change))).searchParams.get('error')).toBe(error);
  });

  it('never redirects away from this machine', async () => {
    const server = await standin({ autoConsent: true });
    expect((await server.get(address({ redirect_uri: 'https://example.org/' }))).status).toBe(403);
  });
});

it('the request log keeps requests, and no secret', async () => {
  const server = await standin({ rotating: true });
  await server.get(`${QUOTES}?code=hidden`, { 'user-agent': 'gex/test' });
  const { requests } = await server.control<{ requests: Json[] }>('/__ctl/log');
  expect(requests.map(({ url, status }) => [url, status])).toEqual([
    ['/oauth/token', 200],
    [`${QUOTES}?code=***`, 200],
  ]);
  expect(requests[1]).toMatchObject({ headers: { 'user-agent': 'gex/test', authorization: 'Bearer ***' } });
  const text = JSON.stringify(requests);
  for (const secret of [server.token, server.credentials.clientSecret, server.credentials.refreshToken, 'hidden']) {
    expect(text).not.toContain(secret);
  }
});
