import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { bearer } from '../fixture.js';
import { connectTo, type RawClient, refusalOf, serveSockets } from './clients.js';

const KEY = 'gexbot_custom_test';
const LEGACY = ['classic', 'orderflow', 'state_gex', 'state_greeks', 'state_greeks_one', 'state_greeks_zero'];
const V2 = LEGACY.map((hub) => `v2_${hub}`);
const EXAMPLE = [
  'SPX_classic_gex_full',
  'SPX_state_gamma_zero',
  'SPX_spot',
  'ES_SPX_orderflow_orderflow',
  'ES_SPX_spot',
];

type Server = Awaited<ReturnType<typeof serveSockets>>;

const post = (server: Server, groups: unknown, key = KEY) => server.post('/v2/negotiate', { groups }, bearer(key));

const patch = async (server: Server, groups: unknown, key = KEY) => {
  const response = await fetch(`${server.url}/v2/negotiate`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', ...bearer(key) },
    body: JSON.stringify({ groups }),
  });
  return { status: response.status, json: (await response.json()) as { readonly updated_groups?: number } };
};

/** The groups of the next `count` messages, each once. */
async function groupsOf(client: RawClient, count: number): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < count; i++) seen.push((await client.next('message')).group ?? '');
  return [...new Set(seen)].sort();
}

describe('GET /negotiate', () => {
  it.each([
    ['/negotiate', `Bearer ${KEY}`],
    ['/v2/negotiate', `Bearer ${KEY}`],
    ['/negotiate', `Basic ${KEY}`],
    ['/v2/negotiate', `Basic ${KEY}`],
  ])('%s with %s gives the URL of every hub and the prefix (check 43)', async (path, authorization) => {
    const server = await serveSockets({ prefix: 'green' });
    const { status, json } = await server.get(path, { authorization });
    expect([status, json.prefix, Object.keys(json.websocket_urls).sort()]).toEqual([200, 'green', LEGACY]);
    for (const [hub, url] of Object.entries<string>(json.websocket_urls)) {
      const { protocol, host, pathname, searchParams } = new URL(url);
      expect([protocol, host, pathname]).toEqual(['ws:', new URL(server.url).host, `/client/hubs/${hub}`]);
      expect(searchParams.get('access_token')).toMatch(/^[\w.-]+$/);
      expect(url).not.toContain(KEY);
      expect(Buffer.from(url.split('=')[1] ?? '', 'base64url').toString('latin1')).not.toContain(KEY);
    }
  });

  it('without a key is a JSON error (check 44)', async () => {
    const answer = await (await serveSockets()).get('/negotiate');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8']);
    expect(answer.json).toEqual({ error: 'Authorization header not found.' });
  });

  it('behind a proxy names its scheme and host when the proxy is trusted, only then', async () => {
    const headers = { ...bearer(), 'x-forwarded-proto': 'https', 'x-forwarded-host': 'gex.example.org' };
    for (const trustProxy of [true, false]) {
      const server = await serveSockets({}, { trustProxy });
      const url: string = (await server.get('/negotiate', headers)).json.websocket_urls.classic;
      expect(url.startsWith('wss://gex.example.org/client/hubs/classic?')).toBe(trustProxy);
    }
  });

  it('is 404 when WebSockets are turned off, with the way to turn them on', async () => {
    const { serve } = await import('../fixture.js');
    const server = await serve();
    const answer = await server.get('/negotiate', bearer());
    expect([answer.status, answer.json.error]).toEqual([404, expect.stringMatching(/WS_ENABLED/)]);
  });
});

describe('an access token', () => {
  const urlOf = async (server: Server, hub = 'classic'): Promise<string> =>
    (await server.get('/negotiate', bearer())).json.websocket_urls[hub];

  it('is asked for before the handshake (check 47)', async () => {
    const server = await serveSockets();
    const url = await urlOf(server);
    const [path = '', token = ''] = url.split('?access_token=');
    for (const bad of [
      path,
      `${path}?access_token=`,
      `${path}?access_token=x`,
      `${url}x`,
      `${path}?access_token=${token.slice(4)}`,
    ]) {
      expect(await refusalOf(bad)).toEqual({ status: 401, error: expect.stringMatching(/access_token/) });
    }
  });

  it('expires, but a connection outlives it', async () => {
    const server = await serveSockets({ tokenLifetimeMs: 1 });
    const url = await urlOf(server);
    expect(await refusalOf(url)).toEqual({ status: 401, error: 'The access_token has expired.' });
  });

  it('opens the hubs of its own generation', async () => {
    const server = await serveSockets();
    const url = await urlOf(server);
    expect((await refusalOf(url.replace('/classic', '/v2_classic'))).status).toBe(401);
    expect((await refusalOf(url.replace('/classic', '/nothing'))).status).toBe(404);
    await connectTo(url.replace('/classic', '/orderflow'));
  });

  it('opens a hub at each of its addresses', async () => {
    const server = await serveSockets();
    const url = new URL(await urlOf(server));
    const token = url.searchParams.get('access_token');
    for (const path of ['/client/hubs/classic?', '/v2/client/hubs/classic?', '/ws/classic?', '/client?hub=classic&']) {
      await connectTo(`ws://${url.host}${path}access_token=${token}`);
    }
  });

  it('of one server opens another with the same secret, and outlives a restart', async () => {
    const { fixtureF } = await import('../fixture.js');
    const root = await fixtureF();
    const url = await urlOf(await serveSockets({}, { root }));
    const after = await serveSockets({}, { root });
    await connectTo(url.replace(/:\d+\//, `:${new URL(after.url).port}/`));
  });
});

describe('a page of another origin', () => {
  it('is refused before the handshake; the own and allowed ones are not', async () => {
    const server = await serveSockets({}, { allowedOrigins: ['https://app.example.org'] });
    const url: string = (await server.get('/negotiate', bearer())).json.websocket_urls.classic;
    for (const origin of ['https://evil.example.org', 'null', `http://127.0.0.1:1`, 'http://evil.example.org:80']) {
      expect((await refusalOf(url, { origin })).status).toBe(403);
    }
    for (const origin of [server.url, 'https://app.example.org']) {
      const socket = new WebSocket(url, 'json.webpubsub.azure.v1', { origin });
      await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
      socket.terminate();
    }
  });
});

describe('POST /negotiate', () => {
  it('with spot groups joins all of them on the v2 hubs (checks 62 and 74)', async () => {
    const server = await serveSockets({}, { cacheMode: 'rotation' });
    const { status, json } = await post(server, EXAMPLE);
    expect([status, Object.keys(json), Object.keys(json.websocket_urls).sort()]).toEqual([200, ['websocket_urls'], V2]);
    const expected = {
      v2_classic: ['blue_SPX_classic_gex_full', 'blue_SPX_spot'],
      v2_state_greeks_zero: ['blue_SPX_spot', 'blue_SPX_state_gamma_zero'],
      v2_orderflow: ['blue_ES_SPX_orderflow_orderflow', 'blue_ES_SPX_spot'],
    };
    for (const [hub, groups] of Object.entries(expected)) {
      expect(await groupsOf(await connectTo(json.websocket_urls[hub]), 6)).toEqual(groups);
    }
  });

  it('without spot groups joins on the hubs of the first generation (check 63)', async () => {
    const server = await serveSockets({}, { cacheMode: 'rotation' });
    const { json } = await post(server, ['SPX_classic_gex_full', 'SPX_classic_gex_zero']);
    expect(Object.keys(json.websocket_urls).sort()).toEqual(LEGACY);
    const groups = await groupsOf(await connectTo(json.websocket_urls.classic), 6);
    expect(groups).toEqual(['blue_SPX_classic_gex_full', 'blue_SPX_classic_gex_zero']);
  });

  it.each([
    ['a ticker without its spot group (check 64)', EXAMPLE.slice(0, 4), /Spot coverage: ES_SPX_spot/],
    ['a spot group alone (check 65)', ['SPX_spot'], /Spot coverage/],
    ['a spot group of a ticker without analytics', [...EXAMPLE, 'NDX_spot'], /no analytics group of NDX/],
    ['a prefix (check 66)', ['blue_SPX_classic_gex_full'], /prefix/],
    ['no group at all (check 67)', [], /groups/],
    ['an unknown category', ['SPX_classic_gamma_zero'], /SPX_classic_gamma_zero/],
    ['a group of the first generation only', ['SPX_state_volume_zero', 'SPX_spot'], /only on state_greeks_zero/],
    ['a number', [5], /groups/],
    ['an empty name', [''], /is not a name/],
    ['no array', 'SPX_spot', /groups/],
  ])('with %s is a 400 that says so', async (_, groups, error) => {
    const answer = await post(await serveSockets(), groups);
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringMatching(error)]);
  });

  it.each([
    ['no body', undefined],
    ['no JSON', '{"groups":['],
    ['no object', '7'],
  ])('with %s is a 400 (check 67)', async (_, body) => {
    const answer = await (await serveSockets()).post('/v2/negotiate', body, bearer());
    expect([answer.status, answer.json.error]).toEqual([400, expect.any(String)]);
  });

  it('counts memberships after expansion: past the limit 403, duplicates once (check 68)', async () => {
    const server = await serveSockets({ groupLimit: 6 });
    expect((await post(server, EXAMPLE)).status).toBe(200);
    expect((await post(server, [...EXAMPLE, 'SPX_classic_gex_one'])).status).toBe(403);
    expect((await post(server, Array(200).fill('SPX_classic_gex_full'))).status).toBe(200);
  });

  it('closes the earlier sockets of the key and voids their URLs (check 72)', async () => {
    const server = await serveSockets();
    const before = (await post(server, EXAMPLE)).json.websocket_urls;
    const other = await connectTo((await post(server, EXAMPLE, 'other')).json.websocket_urls.v2_classic);
    const client = await connectTo(before.v2_classic);
    await post(server, EXAMPLE);
    expect((await client.next('disconnected')).message).toMatch(/newer session/);
    expect((await client.closed())[0]).toBe(1008);
    expect((await refusalOf(before.v2_classic)).status).toBe(401);
    expect(other.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('keeps its memberships for a socket that comes back to the same URL (check 73)', async () => {
    const server = await serveSockets({}, { cacheMode: 'rotation' });
    const { v2_classic } = (await post(server, EXAMPLE)).json.websocket_urls;
    for (let i = 0; i < 2; i++) {
      const client = await connectTo(v2_classic);
      expect(await groupsOf(client, 4)).toEqual(['blue_SPX_classic_gex_full', 'blue_SPX_spot']);
      client.socket.terminate();
    }
  });

  it('leaves no group to its clients: joining and leaving are refused, with a reason', async () => {
    const server = await serveSockets();
    const client = await connectTo((await post(server, EXAMPLE)).json.websocket_urls.v2_classic);
    const error = { name: 'Forbidden', message: expect.stringMatching(/PATCH/) };
    expect(await client.join('blue_SPX_classic_gex_zero', 1)).toMatchObject({ success: false, error });
    client.send({ type: 'leaveGroup', group: 'blue_SPX_classic_gex_full', ackId: 2 });
    expect(await client.next('ack')).toMatchObject({ ackId: 2, success: false, error });
  });
});

describe('PATCH /negotiate', () => {
  const MEMBERS = [
    { hub: 'v2_classic', group: 'SPX_classic_gex_full' },
    { hub: 'v2_classic', group: 'SPX_spot' },
    { hub: 'v2_state_greeks_zero', group: 'SPX_state_gamma_zero' },
    { hub: 'v2_state_greeks_zero', group: 'SPX_spot' },
    { hub: 'v2_orderflow', group: 'ES_SPX_orderflow_orderflow' },
    { hub: 'v2_orderflow', group: 'ES_SPX_spot' },
  ];

  async function connected() {
    const server = await serveSockets({}, { cacheMode: 'rotation' });
    const urls = (await post(server, EXAMPLE)).json.websocket_urls;
    const [classic, greeks, orderflow] = await Promise.all(
      ['v2_classic', 'v2_state_greeks_zero', 'v2_orderflow'].map((hub) => connectTo(urls[hub])),
    );
    return { server, urls, classic, greeks, orderflow } as { [K in 'classic' | 'greeks' | 'orderflow']: RawClient } & {
      server: Server;
      urls: Record<string, string>;
    };
  }

  it('replaces all groups and counts them by hub (check 69)', async () => {
    const { server } = await connected();
    expect(await patch(server, MEMBERS)).toEqual({
      status: 200,
      json: {
        updated_groups: 6,
        hubs: {
          v2_classic: 2,
          v2_state_gex: 0,
          v2_state_greeks_zero: 2,
          v2_state_greeks: 0,
          v2_state_greeks_one: 0,
          v2_orderflow: 2,
        },
      },
    });
  });

  it('silences a hub whose groups are left out; the socket stays open (check 70)', async () => {
    const { server, greeks, classic } = await connected();
    await greeks.next('message');
    await patch(
      server,
      MEMBERS.filter((member) => member.hub !== 'v2_state_greeks_zero'),
    );
    greeks.send({ type: 'ping' });
    await greeks.next('pong');
    for (let i = 0; i < 6; i++) await classic.next('message');
    greeks.send({ type: 'ping' });
    expect((await greeks.message()).type).toBe('pong');
  });

  it('an empty list leaves everything', async () => {
    const { server, classic } = await connected();
    expect((await patch(server, [])).json.updated_groups).toBe(0);
    classic.send({ type: 'ping' });
    await classic.next('pong');
    expect(classic.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('a new group is sent on the open socket and on the next one', async () => {
    const { server, classic, urls } = await connected();
    await patch(server, [...MEMBERS, { hub: 'v2_classic', group: 'SPX_classic_gex_zero' }]);
    const wanted = 'blue_SPX_classic_gex_zero';
    for (const client of [classic, await connectTo(urls.v2_classic)]) {
      while ((await client.next('message')).group !== wanted);
    }
  });

  it.each([
    [
      'a group on another hub (check 71)',
      [{ hub: 'v2_orderflow', group: 'SPX_classic_gex_full' }],
      400,
      /belongs to hub/,
    ],
    [
      'a missing spot group (check 71)',
      MEMBERS.slice(0, 3),
      400,
      /Spot coverage: SPX_spot missing on v2_state_greeks_zero/,
    ],
    [
      'a hub of the other generation',
      [{ hub: 'classic', group: 'SPX_classic_gex_full' }],
      400,
      /not of the negotiated/,
    ],
    ['an unknown hub', [{ hub: 'v3', group: 'SPX_classic_gex_full' }], 400, /hub/],
    ['a prefix', [{ hub: 'v2_classic', group: 'blue_SPX_spot' }], 400, /prefix/],
    [
      'a hub nobody is connected to',
      [...MEMBERS, { hub: 'v2_state_gex', group: 'SPX_state_gex_zero' }, { hub: 'v2_state_gex', group: 'SPX_spot' }],
      400,
      /No live connection on v2_state_gex/,
    ],
  ])('with %s changes nothing and says why', async (_, groups, status, error) => {
    const { server, greeks } = await connected();
    expect(await patch(server, groups)).toEqual({ status, json: { error: expect.stringMatching(error) } });
    expect(await groupsOf(greeks, 4)).toEqual(['blue_SPX_spot', 'blue_SPX_state_gamma_zero']);
  });

  it('without a session is a 400 that names POST', async () => {
    const answer = await patch(await serveSockets(), MEMBERS);
    expect(answer).toEqual({ status: 400, json: { error: expect.stringMatching(/POST/) } });
  });
});

it('no log line holds a key or a token (check 76)', async () => {
  const server = await serveSockets();
  const { websocket_urls: urls } = (await post(server, EXAMPLE)).json;
  const client = await connectTo(urls.v2_classic);
  client.socket.send('{"type":"joinGroup"');
  await client.closed();
  await refusalOf(`${urls.v2_classic}x`);
  const text = JSON.stringify(server.lines);
  expect(text).toContain('socket opened');
  expect(text).not.toContain(KEY);
  expect(text).not.toContain('access_token=');
  expect(text).not.toContain(urls.v2_classic.split('=')[1]);
});
