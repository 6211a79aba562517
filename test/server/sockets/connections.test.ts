import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { archiveOf, bearer, DATE, SAMPLES } from '../fixture.js';
import { connectTo, negotiate, RawClient, SUBPROTOCOLS, serveSockets } from './clients.js';
import { decodeData, numberAt } from './decoder.js';

const FULL = 'blue_SPX_classic_gex_full';
const RELIABLE = 'json.reliable.webpubsub.azure.v1';

type Server = Awaited<ReturnType<typeof serveSockets>>;

/** Lines with consecutive timestamps and `padding` bytes that do not compress. */
async function longDay(count: number, tickers: readonly string[] = ['SPX'], strikes = 0): Promise<string> {
  let seed = 1;
  const ladder = Array.from({ length: strikes }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return [seed % 9973, seed / 1000, seed / 777, [seed / 11, seed / 13, seed / 17, seed / 19, seed / 23]];
  });
  const record = { ...JSON.parse(SAMPLES.gex), ...(strikes > 0 && { strikes: ladder }) };
  const day = Array.from({ length: count }, (_, i) => `${JSON.stringify({ ...record, timestamp: 1_000_000 + i })}\n`);
  return archiveOf(Object.fromEntries(tickers.map((name) => [`${DATE}/${name}/classic/gex_full.jsonl`, day.join('')])));
}

describe('a lost reliable connection', () => {
  async function lost(protocol: string = RELIABLE) {
    const server = await serveSockets({}, { root: await longDay(2_000) });
    const { classic = '', orderflow = '' } = await negotiate(server);
    const client = new RawClient(classic, protocol);
    const { connectionId, reconnectionToken = '' } = await client.next('connected');
    await client.join(FULL, 1);
    const { sequenceId: last = 0 } = await client.next('message');
    client.socket.terminate();
    const recovery = (id = connectionId, token = reconnectionToken, url = classic) =>
      new RawClient(`${url}&awps_connection_id=${id}&awps_reconnection_token=${token}`, protocol);
    return { server, recovery, last, connectionId, orderflow };
  }

  it.each(SUBPROTOCOLS.filter((name) => name.includes('reliable')))(
    'is recovered with its groups and all that was not acknowledged, %s',
    async (protocol) => {
      const { recovery, connectionId } = await lost(protocol);
      const client = recovery();
      expect(await client.message()).toMatchObject({ type: 'connected', connectionId });
      for (let id = 1; id <= 20; id++) expect((await client.next('message')).sequenceId).toBe(id);
    },
  );

  it('repeats nothing that was acknowledged', async () => {
    const { recovery } = await lost();
    const first = recovery();
    for (let id = 1; id <= 5; id++) await first.next('message');
    first.send({ type: 'sequenceAck', sequenceId: 5 });
    first.send({ type: 'ping' });
    await first.next('pong');
    first.socket.terminate();
    const second = recovery();
    for (let id = 6; id <= 10; id++) expect((await second.next('message')).sequenceId).toBe(id);
  });

  it('is taken over from a socket that is still open', async () => {
    const { recovery } = await lost();
    const first = recovery();
    await first.next('connected');
    const second = recovery();
    await second.next('connected');
    expect((await first.closed())[0]).toBe(1006);
    await second.next('message');
  });

  it('that is not known is closed with 1008 after the handshake', async () => {
    const { recovery, connectionId, orderflow } = await lost();
    for (const client of [
      recovery('unknown'),
      recovery(connectionId, 'wrong'),
      recovery(undefined, undefined, orderflow),
    ]) {
      expect((await client.closed())[0]).toBe(1008);
    }
    await recovery().next('connected');
  });

  it('is forgotten when the client said farewell', async () => {
    const server = await serveSockets();
    const { classic = '' } = await negotiate(server);
    const client = new RawClient(classic, RELIABLE);
    const { connectionId, reconnectionToken } = await client.next('connected');
    client.socket.close(1000);
    await client.closed();
    const again = new RawClient(
      `${classic}&awps_connection_id=${connectionId}&awps_reconnection_token=${reconnectionToken}`,
      RELIABLE,
    );
    expect((await again.closed())[0]).toBe(1008);
  });

  it('is ended once 1,000 messages are not acknowledged', async () => {
    const root = await longDay(1_500, ['SPX', 'NDX', 'RUT', 'VIX', 'SPY', 'QQQ', 'IWM', 'DIA']);
    const server = await serveSockets({ intervalMs: 10 }, { root, cacheMode: 'rotation' });
    const client = await connectTo((await negotiate(server)).classic, RELIABLE);
    for (const name of ['SPX', 'NDX', 'RUT', 'VIX', 'SPY', 'QQQ', 'IWM', 'DIA']) {
      client.send({ type: 'joinGroup', group: `blue_${name}_classic_gex_full` });
    }
    const [code, reason] = await client.closed();
    expect([code, reason]).toEqual([1008, expect.stringMatching(/sequenceAck/)]);
    let last = 0;
    for (let frame = await client.frame(); frame !== undefined; frame = await client.frame()) {
      const { type, sequenceId } = JSON.parse(String(frame));
      if (type === 'message') last = sequenceId;
    }
    expect(last).toBe(1_000);
  });
});

describe('a client that does not read', () => {
  it('is closed with 1008 and a reason; the others miss nothing', async () => {
    const tickers = ['SPX', 'NDX', 'RUT', 'VIX'];
    const root = await longDay(50, tickers, 4_000);
    const server = await serveSockets({ intervalMs: 10 }, { root, cacheMode: 'rotation' });
    const { classic } = await negotiate(server);
    const [stuck, reader] = await Promise.all([connectTo(classic), connectTo(classic)]);
    for (const client of [stuck, reader]) {
      for (const name of tickers) client.send({ type: 'joinGroup', group: `blue_${name}_classic_gex_full` });
    }
    await stuck.next('message');
    stuck.socket.pause();
    const dropped = (): boolean => server.lines.some((line) => line.message === 'socket dropped');
    const seen = new Map<string, number[]>();
    for (let more = 8; more > 0; more -= dropped() ? 1 : 0) {
      const { group = '', data } = JSON.parse(String(await reader.frame()));
      if (data === undefined) continue;
      seen.set(group, [...(seen.get(group) ?? []), numberAt(decodeData(data).record, 1)]);
    }
    for (const times of seen.values()) {
      for (const [i, time] of times.slice(1).entries()) {
        expect(time).toBe(times[i] === 1_000_049 ? 1_000_000 : (times[i] ?? 0) + 1);
      }
    }
    stuck.socket.resume();
    expect(await stuck.closed()).toEqual([1008, 'the client reads too slowly']);
    const metrics = (await server.get('/metrics')).text;
    expect(metrics).toMatch(/^gex_websocket_dropped_total 1$/m);
    expect(metrics).toMatch(/^gex_websocket_clients\{hub="classic"\} 1$/m);
  });
});

describe('when the server stops', () => {
  it('clients are told and closed with 1001, and it does not wait for those that do not answer', async () => {
    const server = await serveSockets();
    const { classic } = await negotiate(server);
    const clients = await Promise.all(SUBPROTOCOLS.map((protocol) => connectTo(classic, protocol)));
    const mute = await connectTo(classic);
    mute.socket.pause();
    await server.close();
    for (const client of clients) {
      expect((await client.next('disconnected')).message).toMatch(/stopping/);
      expect(await client.closed()).toEqual([1001, 'the server is stopping']);
    }
  });
});

describe('hostile clients', () => {
  /** The server still serves. */
  const healthy = async (server: Server, url: string | undefined): Promise<void> => {
    const client = await connectTo(url);
    await client.join(FULL, 1);
    await client.next('message');
    expect(server.lines.filter((line) => line.level === 'error')).toEqual([]);
  };

  it('random frames, text and binary, never harm the server or others', async () => {
    const server = await serveSockets({ maxClients: 10_000 }, { cacheMode: 'rotation' });
    const { classic } = await negotiate(server);
    const seeds = [
      '{"type":"joinGroup"',
      '{"type":"joinGroup","group":5}',
      '{"type":"ping"}',
      '[]',
      'null',
      '""',
      '{}',
    ];
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...seeds).map((text) => Buffer.from(text)),
      fc
        .record({
          type: fc.constantFrom('joinGroup', 'leaveGroup', 'sendToGroup', 'event', 'sequenceAck', 'ping', 'x'),
          group: fc.anything(),
          ackId: fc.anything(),
          sequenceId: fc.anything(),
          data: fc.anything(),
        })
        .map((value) => Buffer.from(JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part)))),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SUBPROTOCOLS),
        fc.array(fc.tuple(frame, fc.boolean()), { minLength: 1, maxLength: 8 }),
        async (protocol, frames) => {
          const client = await connectTo(classic, protocol);
          for (const [bytes, binary] of frames) client.socket.send(bytes, { binary });
          client.socket.close();
          const [code] = await client.closed();
          // 1005: the client's own farewell was answered; 1007: text that is not UTF-8.
          expect([1005, 1007, 1008]).toContain(code);
        },
      ),
      { seed: 1, numRuns: 150 },
    );
    await healthy(server, classic);
  });

  it('a frame past 512 KiB closes its connection only', async () => {
    const server = await serveSockets({}, { cacheMode: 'rotation' });
    const { classic } = await negotiate(server);
    const client = await connectTo(classic);
    client.socket.send(Buffer.alloc(600 * 1024, 32), { binary: false });
    expect((await client.closed())[0]).toBe(1009);
    await healthy(server, classic);
  });

  it('a frame that is no message is answered with what is wrong with it', async () => {
    const { classic } = await negotiate(await serveSockets());
    const client = await connectTo(classic);
    client.socket.send('{"type":');
    expect((await client.next('disconnected')).message).not.toBe('');
    expect((await client.closed())[0]).toBe(1008);
  });

  it('groups past the limit are refused', async () => {
    const { classic } = await negotiate(await serveSockets({ groupLimit: 2 }));
    const client = await connectTo(classic);
    const acks = [];
    for (const [i, name] of ['full', 'zero', 'one'].entries())
      acks.push(await client.join(`blue_SPX_classic_gex_${name}`, i + 1));
    expect(acks.map((ack) => ack.success)).toEqual([true, true, false]);
  });

  it('sockets that are cut during the handshake do no harm', async () => {
    const server = await serveSockets({}, { cacheMode: 'rotation' });
    const { classic = '' } = await negotiate(server);
    for (let i = 0; i < 20; i++) {
      const socket = new WebSocket(classic, SUBPROTOCOLS[0]);
      socket.on('error', () => {});
      if (i % 2 === 0) await once(socket, 'upgrade');
      socket.terminate();
    }
    await healthy(server, classic);
  });
});

it('a client that answers no ping is cut', async () => {
  const { Connection } = await import('../../../src/server/sockets/connection.js');
  const { codecNamed } = await import('../../../src/wire/codecs.js');
  const codec = codecNamed(SUBPROTOCOLS[0]);
  if (codec === undefined) throw new Error('no codec');
  const calls: string[] = [];
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    send: () => {},
    ping: () => calls.push('ping'),
    terminate: () => calls.push('cut'),
  };
  const connection = new Connection(
    { apiKey: 'k', hub: 'classic', codec, userId: 'u', hazards: {} as never, frames: {} as never },
    () => {},
  );
  connection.attach(socket as never);
  connection.checkLife();
  connection.alive = true;
  connection.checkLife();
  connection.checkLife();
  expect(calls).toEqual(['ping', 'ping', 'cut']);
});

it('in clock mode a record is sent once, when the clock has reached it', async () => {
  const lines = [0, 1, 2].map((i) => `${SAMPLES.gex.replace('1777492800', String(1_777_492_798 + i))}\n`);
  const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: lines.join('') });
  const server = await serveSockets({}, { root, clock: { owner: 'key', speed: 10, loop: false } });
  const client = await connectTo((await negotiate(server)).classic);
  client.send({ type: 'joinGroup', group: FULL });
  for (let i = 0; i < 3; i++) await client.next('message');
  client.send({ type: 'ping' });
  expect((await client.message()).type).toBe('pong');
  expect((await server.get('/v2/SPX/classic/gex_full', bearer())).json.timestamp).toBe(1_777_492_800);
});
