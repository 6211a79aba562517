import { appendFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import { expect, it, onTestFinished } from 'vitest';
import { anyBytes } from '../../../src/wire/any.js';
import type { ServerMessage } from '../../../src/wire/pubsub.js';
import { Child } from '../../helpers/child.js';
import { addFiles, archiveOf, bearer, SAMPLES, serve } from '../fixture.js';
import { connectTo, negotiate, type RawClient, SUBPROTOCOLS } from '../sockets/clients.js';
import { decodeAny, numberAt } from '../sockets/decoder.js';

const DATE = '2025-11-14';
const FIRST = 1_000_000;
const FULL = '/v2/SPX/classic/gex_full';
const GROUP = 'blue_SPX_classic_gex_full';
const SOCKETS = { intervalMs: 20, prefix: 'blue', groupLimit: 150, tokenLifetimeMs: 900_000, maxClients: 100 };

const line = (i: number): string => `${SAMPLES.gex.replace('1777492800', String(FIRST + i))}\n`;
const many = (from: number, count: number): string => Array.from({ length: count }, (_, i) => line(from + i)).join('');
const times = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => FIRST + from + i);
const fileOf = (category = 'gex_full', { date = DATE, ticker = 'SPX' } = {}) =>
  `${date}/${ticker}/classic/${category}.jsonl`;

const serveLive = (root: string) => serve({ root, live: true, sockets: SOCKETS });

/** Another process that appends a record to three files of SPX, one after the other, as a recording does. */
function writer(root: string, from: number, count: number, everyMs = 30): Child {
  return new Child(`
    const { openLiveWriter } = await gex('stores/archive/live.js');
    const keys = ['gex_full', 'gex_zero', 'gex_one'].map((category) => ({ date: '${DATE}', ticker: 'SPX', package: 'classic', category }));
    const writer = await openLiveWriter(${JSON.stringify(root)}, keys);
    console.log(writer.lastMs);
    for (let i = ${from}; i < ${from + count}; i++) {
      const record = ${JSON.stringify(SAMPLES.gex)}.replace('1777492800', String(${FIRST} + i));
      await writer.append(keys.map(() => Buffer.from(record)));
      await new Promise((resolve) => setTimeout(resolve, ${everyMs}));
    }
    console.log('written');
    setInterval(() => {}, 1000);
  `);
}

type Data = Extract<ServerMessage, { type: 'message' }>['data'];

/** The timestamps of a client's next messages. */
async function next(client: RawClient, count: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) seen.push(timeOf((await client.next('message')).data));
  return seen;
}

function timeOf(data: Data): number {
  if (data.type !== 'binary' && data.type !== 'protobuf') throw new Error(`data of type ${data.type}`);
  return numberAt(decodeAny(data.type === 'binary' ? data.bytes : anyBytes(data.any)).record, 1);
}

/** The vendor's own client with its defaults, in a group. */
async function official(url: string, group: string): Promise<number[]> {
  const client = new WebPubSubClient(url);
  const seen: number[] = [];
  client.on('group-message', ({ message }) => {
    seen.push(numberAt(decodeAny(new Uint8Array(message.data as ArrayBuffer)).record, 1));
  });
  onTestFinished(() => client.stop());
  await client.start();
  await client.joinGroup(group);
  return seen;
}

it('every record that another process writes reaches every client once and in order, and REST shows the newest', async () => {
  const root = await archiveOf({});
  const server = await serveLive(root);
  expect((await server.get(FULL, bearer())).json).toEqual({ error: 'Data not found for SPX/classic/gex_full' });
  const urls = await negotiate(server);
  const clients = await Promise.all(SUBPROTOCOLS.map((protocol) => connectTo(urls.classic, protocol)));
  for (const client of clients) await client.join(GROUP, 1);
  const other = await connectTo((await negotiate(server, 'another')).classic);
  await other.join('blue_SPX_classic_gex_one', 1);
  const seen = await official(urls.classic ?? '', GROUP);

  const child = writer(root, 0, 60);
  expect(await child.line()).toBe('NaN');
  const rest: number[] = [];
  const polling = (async () => {
    while (rest.at(-1) !== FIRST + 59) {
      const answer = await server.get(FULL, bearer(`key${rest.length % 3}`));
      if (answer.status === 200) rest.push(answer.json.timestamp);
    }
  })();
  for (const client of [...clients, other]) expect(await next(client, 60)).toEqual(times(0, 60));
  await polling;
  expect(rest).toEqual([...rest].sort((a, b) => a - b));
  await expect.poll(() => seen).toEqual(times(0, 60));
  expect(server.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});

it('a writer that was killed in the middle of a record starts again, and nothing is sent twice or left out', async () => {
  const root = await archiveOf({
    [fileOf()]: many(0, 3),
    [fileOf('gex_zero')]: many(0, 3),
    [fileOf('gex_one')]: many(0, 2),
  });
  const server = await serveLive(root);
  const { classic } = await negotiate(server);
  const client = await connectTo(classic);
  await client.join(GROUP, 1);
  expect(await next(client, 1)).toEqual([FIRST + 2]);
  await appendFile(join(root, fileOf()), line(3).slice(0, 200));
  await appendFile(join(root, fileOf('gex_zero')), line(3).slice(0, 50));

  const child = writer(root, 5, 3);
  expect(await child.line()).toBe(String((FIRST + 1) * 1000));
  expect(await next(client, 3)).toEqual(times(5, 3));
  expect((await server.get(FULL, bearer())).json.timestamp).toBe(FIRST + 7);
});

it('who joins late gets the newest record at once, and only he', async () => {
  const root = await archiveOf({ [fileOf()]: many(0, 5) });
  const server = await serveLive(root);
  const { classic } = await negotiate(server);
  const early = await connectTo(classic);
  await early.join(GROUP, 1);
  expect(await next(early, 1)).toEqual([FIRST + 4]);
  const late = await connectTo(classic);
  await late.join(GROUP, 1);
  expect(await next(late, 1)).toEqual([FIRST + 4]);
  await appendFile(join(root, fileOf()), many(5, 2));
  expect(await next(late, 2)).toEqual(times(5, 2));
  expect(await next(early, 2)).toEqual(times(5, 2));
});

it('a spot group gets one price per instant, whichever file is written first', async () => {
  const root = await archiveOf({ [fileOf()]: line(0), [fileOf('gex_zero')]: line(0) });
  const server = await serveLive(root);
  const groups = ['SPX_classic_gex_full', 'SPX_classic_gex_zero', 'SPX_spot'];
  const { websocket_urls: urls } = (await server.post('/v2/negotiate', { groups }, bearer())).json;
  const client = await connectTo(urls.v2_classic);
  const seen: Record<string, number[]> = {};
  const until = async (enough: () => boolean): Promise<void> => {
    while (!enough()) {
      const { group = '', data } = await client.next('message');
      seen[group] = [...(seen[group] ?? []), timeOf(data)];
    }
  };
  await until(() => Object.values(seen).flat().length === 3);
  for (let i = 1; i <= 5; i++) {
    const [first = '', second = ''] = i % 2 ? ['gex_full', 'gex_zero'] : ['gex_zero', 'gex_full'];
    await appendFile(join(root, fileOf(first)), line(i));
    await until(() => seen[`blue_SPX_classic_${first}`]?.length === i + 1 && seen.blue_SPX_spot?.length === i + 1);
    await appendFile(join(root, fileOf(second)), line(i));
    await until(() => seen[`blue_SPX_classic_${second}`]?.length === i + 1);
  }
  expect(seen).toEqual({
    blue_SPX_classic_gex_full: times(0, 6),
    blue_SPX_classic_gex_zero: times(0, 6),
    blue_SPX_spot: times(0, 6),
  });
});

it('a record is encoded once for all keys, and a ticker that appears later is served', async () => {
  const root = await archiveOf({ [fileOf()]: line(0) });
  const server = await serveLive(root);
  const joined = async (key: string, group: string): Promise<RawClient> => {
    const client = await connectTo((await negotiate(server, key)).classic);
    await client.join(group, 1);
    return client;
  };
  const clients = await Promise.all(['a', 'b', 'c'].map((key) => joined(key, GROUP)));
  for (const client of clients) await next(client, 1);
  const encodes = async () =>
    Number(/^gex_websocket_encodes_total (\d+)/m.exec((await server.get('/metrics')).text)?.[1]);
  const before = await encodes();
  await appendFile(join(root, fileOf()), line(1));
  for (const client of clients) expect(await next(client, 1)).toEqual([FIRST + 1]);
  expect((await encodes()) - before).toBe(1);

  const waiting = await joined('a', 'blue_QQQ_classic_gex_full');
  await addFiles(root, { [fileOf('gex_full', { ticker: 'QQQ' })]: many(0, 2) });
  expect(await next(waiting, 2)).toEqual(times(0, 2));
  expect((await server.get('/v2/QQQ/classic/gex_full', bearer())).json.timestamp).toBe(FIRST + 1);
});

it('the next day is served once it has a record, from its first one on', async () => {
  const root = await archiveOf({ [fileOf()]: many(0, 3) });
  const server = await serveLive(root);
  const client = await connectTo((await negotiate(server)).classic);
  await client.join(GROUP, 1);
  expect(await next(client, 1)).toEqual([FIRST + 2]);
  const tomorrow = fileOf('gex_full', { date: '2025-11-17' });
  await addFiles(root, { [tomorrow]: '' });
  await appendFile(join(root, fileOf()), line(3));
  expect(await next(client, 1)).toEqual([FIRST + 3]);
  await appendFile(join(root, tomorrow), many(100, 2));
  expect(await next(client, 2)).toEqual(times(100, 2));
  await appendFile(join(root, tomorrow), line(102));
  expect(await next(client, 1)).toEqual([FIRST + 102]);
  expect((await server.get('/current-date')).json.current_date).toBe('2025-11-17');
});

it('a file that another one replaced is served anew, with its newest record', async () => {
  const root = await archiveOf({ [fileOf()]: many(0, 3), 'other.jsonl': many(50, 9) });
  const server = await serveLive(root);
  const client = await connectTo((await negotiate(server)).classic);
  await client.join(GROUP, 1);
  expect(await next(client, 1)).toEqual([FIRST + 2]);
  await rename(join(root, 'other.jsonl'), join(root, fileOf()));
  expect(await next(client, 1)).toEqual([FIRST + 58]);
});

it('a record whose time has not come is not shown yet', async () => {
  const future = Math.floor(Date.now() / 1000) - FIRST + 3600;
  const root = await archiveOf({ [fileOf()]: many(0, 3) + line(future) });
  const server = await serveLive(root);
  expect((await server.get(FULL, bearer())).json.timestamp).toBe(FIRST + 2);
  const none = await archiveOf({ [fileOf()]: line(future) });
  const answer = await (await serveLive(none)).get(FULL, bearer());
  expect([answer.status, answer.json]).toEqual([404, { error: 'No record at this time yet' }]);
});

it('majors, history and downloads are of the records so far', async () => {
  const root = await archiveOf({ [fileOf()]: many(0, 2) });
  const server = await serveLive(root);
  await appendFile(join(root, fileOf()), line(2) + line(3).slice(0, 99));
  expect((await server.get(`${FULL}/majors`, bearer())).json.timestamp).toBe(FIRST + 2);
  const { url } = (await server.get(`/hist/SPX/classic/gex_full/${DATE}?noredirect`, bearer())).json;
  const history = (await (await fetch(url)).json()) as { timestamp: number }[];
  expect(history.map(({ timestamp }) => timestamp)).toEqual(times(0, 3));
  expect((await server.get(`/download/${DATE}/SPX/classic/gex_full`)).text).toBe(many(0, 3) + line(3).slice(0, 99));
});

it('what would move through records is refused in one sentence', async () => {
  const server = await serveLive(await archiveOf({ [fileOf()]: line(0) }));
  for (const [path, body] of [
    ['/playback', { action: 'pause' }],
    ['/seek-to-timestamp', { timestamp: FIRST, key: 'me' }],
    ['/reset-cache', undefined],
    ['/reload-date', { date: DATE }],
  ] as const) {
    const answer = await server.post(path, body);
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringContaining('This server is live: ')]);
  }
  expect((await server.get('/playback')).json).toMatchObject({ playback: 'live', keys: [] });
});

it('/health and /metrics tell how old the newest record is, and every gap', async () => {
  const now = Math.floor(Date.now() / 1000);
  const gap = { from: now - 60, to: now - 30, reason: 'the quotes were lost' };
  const root = await archiveOf({
    [fileOf()]: line(now - FIRST - 20) + line(now - FIRST - 10),
    [`${DATE}/SPX/gaps.jsonl`]: `${JSON.stringify(gap)}\n`,
  });
  const server = await serveLive(root);
  const health = (await server.get('/health')).json;
  expect(health).toMatchObject({
    playback: 'live',
    data_date: DATE,
    live: { tickers: [{ ticker: 'SPX', records: 2, timestamp: now - 10, gaps: [gap] }] },
  });
  const [spx] = health.live.tickers;
  expect(spx.age_seconds).toBeGreaterThanOrEqual(10);
  expect(spx.age_seconds).toBeLessThan(60);
  expect(Date.parse(spx.landed_at) / 1000).toBeGreaterThan(now - 60);
  expect((await server.get('/ready')).json).toMatchObject({ status: 'ready', live: { tickers: [{ ticker: 'SPX' }] } });
  const { text } = await server.get('/metrics');
  expect(text).toMatch(/^gex_live_record_age_seconds\{ticker="SPX"\} \d/m);
  expect(text).toMatch(/^gex_live_gaps\{ticker="SPX"\} 1$/m);
  expect((await server.get(`/available-data/${DATE}`)).json.tickers).toMatchObject([{ symbol: 'SPX', gaps: [gap] }]);
});
