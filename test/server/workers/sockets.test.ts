import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { prepareZstd } from '../../../src/wire/zstd.js';
import { connectTo, RawClient, refusalOf, SUBPROTOCOLS } from '../sockets/clients.js';
import { decodeData, numberAt } from '../sockets/decoder.js';
import { ask, FIRST, KEYS, longDay, oneConnection, post, serveWorkers } from './serving.js';

const EIGHT = KEYS.slice(0, 8);
const JSON_PLAIN = SUBPROTOCOLS[0];
const RELIABLE = SUBPROTOCOLS[1];

beforeAll(prepareZstd); // what the clients here unpack with

const serving = async (env: Record<string, string> = {}) =>
  serveWorkers({ root: await longDay(2_000), env: { WS_STREAM_INTERVAL: '20ms', ...env } });

const urlsOf = async (url: string, key: string): Promise<Record<string, string>> =>
  (await ask(`${url}/v2/negotiate`, { key })).json.websocket_urls;

/** The timestamps of the next messages, in order. */
async function times(client: RawClient, count: number): Promise<readonly number[]> {
  const seen: number[] = [];
  while (seen.length < count) {
    const frame = await client.frame();
    if (frame === undefined) throw new Error(`closed after ${seen.length} messages`);
    const { type, data } = JSON.parse(String(frame));
    if (type === 'message') seen.push(numberAt(decodeData(data).record, 1));
  }
  return seen;
}

const consecutive = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => FIRST + i);

it('clients of both flows get their records whichever worker they come to', async () => {
  const { url } = await serving();
  const agent = oneConnection(); // so most negotiations are passed on
  await Promise.all(
    EIGHT.map(async (key) => {
      const client = await connectTo((await urlsOf(url, key)).classic);
      await client.join('blue_SPX_classic_gex_full', 1);
      expect(await times(client, 3)).toEqual(consecutive(3));
      client.socket.close();
      const groups = ['SPX_classic_gex_full', 'SPX_spot'];
      const negotiated = await post(`${url}/v2/negotiate`, { groups }, { key, agent });
      const { v2_classic: address = '' } = negotiated.json.websocket_urls;
      const joined = await connectTo(address);
      expect((await joined.next('message')).group).toMatch(/^blue_SPX_/);
      const hubs = [
        { hub: 'v2_classic', group: 'SPX_classic_gex_full' },
        { hub: 'v2_classic', group: 'SPX_spot' },
      ];
      const patched = await post(`${url}/v2/negotiate`, { groups: hubs }, { key, agent, method: 'PATCH' });
      expect(patched.json).toMatchObject({ updated_groups: 2 });
      await post(`${url}/v2/negotiate`, { groups }, { key, agent });
      expect(await joined.closed()).toEqual([1008, 'replaced by a newer session of this key']);
    }),
  );
});

it('a reliable client that lost its connection goes on where it was', async () => {
  const { url } = await serving();
  for (const key of EIGHT.slice(0, 4)) {
    const { classic = '' } = await urlsOf(url, key);
    const first = new RawClient(classic, RELIABLE);
    const { connectionId, reconnectionToken } = await first.next('connected');
    await first.join('blue_SPX_classic_gex_full', 1);
    const seen = await times(first, 2);
    first.socket.terminate();
    await first.closed();
    const back = `${classic}&awps_connection_id=${connectionId}&awps_reconnection_token=${reconnectionToken}`;
    const second = new RawClient(back, RELIABLE);
    expect((await second.next('connected')).connectionId).toBe(connectionId);
    const again = await times(second, 10);
    expect([...new Set([...seen, ...again])]).toEqual(consecutive(new Set([...seen, ...again]).size));
  }
});

it('an upgrade on a connection that another worker has is passed on', async () => {
  const { url } = await serving();
  for (const key of EIGHT.slice(0, 4)) {
    const { classic = '' } = await urlsOf(url, key);
    const agent = oneConnection();
    for (let i = 0; i < 3; i++) expect((await ask(`${url}/health`, { agent })).status).toBe(200);
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': JSON_PLAIN,
    };
    const upgrading = request(classic.replace('ws:', 'http:'), { agent, headers }).end();
    const [answer, socket, head] = (await once(upgrading, 'upgrade')) as [IncomingMessage, Socket, Buffer];
    onTestFinished(() => void socket.destroy());
    expect([answer.statusCode, answer.headers['sec-websocket-protocol']]).toEqual([101, JSON_PLAIN]);
    let frames = head.toString('latin1');
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      frames += chunk;
    });
    await expect.poll(() => frames).toContain('"event":"connected"');
  }
});

it('clients are counted over all workers, and those who leave make room', async () => {
  const { url } = await serving({ WS_MAX_CLIENTS: '3' });
  const addresses = await Promise.all(EIGHT.map(async (key) => (await urlsOf(url, key)).classic ?? ''));
  const clients = await Promise.all(addresses.slice(0, 3).map((address) => connectTo(address)));
  for (const address of addresses.slice(3)) {
    expect(await refusalOf(address)).toEqual({ status: 503, error: 'The server has 3 WebSocket clients, its limit.' });
  }
  const metrics = (await ask(`${url}/metrics`)).text;
  expect(metrics).toMatch(/^gex_websocket_clients\{hub="classic"\} 3$/m);
  clients[0]?.socket.close();
  const [, , , , address = ''] = addresses;
  await expect.poll(() => opens(address)).toBe(true);
});

async function opens(address: string): Promise<boolean> {
  const socket = new WebSocket(address, JSON_PLAIN);
  onTestFinished(() => socket.terminate());
  return new Promise((resolve) => {
    socket.on('open', () => resolve(true)).on('error', () => resolve(false));
  });
}
