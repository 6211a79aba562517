import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { WebPubSubClient, WebPubSubJsonProtocol } from '@azure/web-pubsub-client';
import { expect, it, onTestFinished } from 'vitest';
import { archiveOf, bearer, DATE, SAMPLES } from '../fixture.js';
import { negotiate, serveSockets } from './clients.js';
import { decodeAny, numberAt } from './decoder.js';

const FULL = 'blue_SPX_classic_gex_full';
const FIRST = 1_000_000;

/** A server with many records, one second apart. */
async function longDay() {
  const lines = Array.from({ length: 2_000 }, (_, i) => `${SAMPLES.gex.replace('1777492800', String(FIRST + i))}\n`);
  const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: lines.join('') });
  return serveSockets({}, { root });
}

/** A line to the server whose connections can be cut, as a network would. */
async function cuttableLine(serverUrl: string) {
  const target = new URL(serverUrl);
  const open = new Set<Socket>();
  const line = createServer((near) => {
    const far = connectTcp(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => {}).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => line.close(() => resolve())));
  const { port } = line.address() as { port: number };
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy();
    open.clear();
  };
  onTestFinished(cut);
  return { through: (url = '') => url.replace(target.host, `127.0.0.1:${port}`), cut };
}

/** Collects the timestamps of a client's messages, in order. */
function timesOf(client: WebPubSubClient) {
  const messages: number[] = [];
  let wake = (): void => {};
  client.on('group-message', ({ message }) => {
    expect(message.data).toBeInstanceOf(ArrayBuffer);
    messages.push(numberAt(decodeAny(new Uint8Array(message.data as ArrayBuffer)).record, 1));
    wake();
  });
  return async (count: number): Promise<number[]> => {
    while (messages.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return [...messages];
  };
}

function stopAtEnd(client: WebPubSubClient): WebPubSubClient {
  onTestFinished(() => client.stop());
  return client;
}

const consecutive = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

it('the official client joins and receives with its defaults', async () => {
  const { classic = '' } = await negotiate(await longDay());
  const client = stopAtEnd(new WebPubSubClient(classic));
  const times = timesOf(client);
  await client.start();
  expect(await client.joinGroup(FULL)).toMatchObject({ isDuplicated: false });
  expect((await times(5)).slice(0, 5)).toEqual(consecutive(FIRST, 5));
  await client.leaveGroup(FULL);
});

it('the official client recovers a cut connection without loss or repetition', async () => {
  const server = await longDay();
  const { through, cut } = await cuttableLine(server.url);
  const client = stopAtEnd(new WebPubSubClient(through((await negotiate(server)).classic)));
  const times = timesOf(client);
  let connections = 0;
  client.on('connected', () => {
    connections += 1;
  });
  await client.start();
  await client.joinGroup(FULL);
  for (let cuts = 1; cuts <= 3; cuts++) {
    const before = (await times(10 * cuts)).length;
    cut();
    await times(before + 20);
  }
  const seen = await times(100);
  expect(seen).toEqual(consecutive(FIRST, seen.length));
  expect(connections).toBe(1);
});

it('the official client with the plain protocol comes back by itself and joins again', async () => {
  const server = await longDay();
  const { through, cut } = await cuttableLine(server.url);
  const url = through((await negotiate(server)).classic);
  const client = stopAtEnd(new WebPubSubClient(url, { protocol: WebPubSubJsonProtocol() }));
  const times = timesOf(client);
  await client.start();
  await client.joinGroup(FULL);
  await times(5);
  cut();
  const seen = await times(30);
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
});

it('the official client stays a member of its V2 groups when the connection is cut', async () => {
  const server = await longDay();
  const { through, cut } = await cuttableLine(server.url);
  const groups = ['SPX_classic_gex_full', 'SPX_spot'];
  const { websocket_urls: urls } = (await server.post('/v2/negotiate', { groups }, bearer())).json;
  const client = stopAtEnd(new WebPubSubClient(through(urls.v2_classic), { protocol: WebPubSubJsonProtocol() }));
  const times = timesOf(client);
  await client.start();
  const before = (await times(6)).length;
  cut();
  expect((await times(before + 10)).at(-1)).toBeGreaterThan(FIRST);
});

it('the official client stays connected where nothing is sent, by its pings (check 55)', async () => {
  const server = await longDay();
  const { classic = '', orderflow = '' } = await negotiate(server);
  const idle = stopAtEnd(
    new WebPubSubClient(orderflow, { keepAliveIntervalInMs: 30, keepAliveTimeoutInMs: 300, autoReconnect: false }),
  );
  let ended = false;
  idle.on('disconnected', () => {
    ended = true;
  });
  await idle.start();
  await idle.joinGroup('blue_SPX_orderflow_orderflow');
  const busy = stopAtEnd(new WebPubSubClient(classic));
  const times = timesOf(busy);
  await busy.start();
  await busy.joinGroup(FULL);
  await times(60); // 1.2 s, four times what the idle one would wait for a sign of life
  expect(ended).toBe(false);
  await idle.leaveGroup('blue_SPX_orderflow_orderflow');
});
