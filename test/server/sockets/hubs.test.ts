import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addFiles, archiveOf, bearer, DATE, fixtureF, SAMPLES } from '../fixture.js';
import { connectTo, negotiate, RawClient, refusalOf, SUBPROTOCOLS, serveSockets } from './clients.js';
import { bytesAt, decodeAny, decodeData, fieldsOf, numberAt, zigzag } from './decoder.js';

const FLOW = 'blue_ES_SPX_orderflow_orderflow';
const FULL = 'blue_SPX_classic_gex_full';

describe.each(SUBPROTOCOLS)('a hub with %s', (protocol) => {
  const isBinary = protocol.startsWith('protobuf');

  it('greets first, acknowledges the join and sends every record (checks 45, 46, 48)', async () => {
    const server = await serveSockets();
    const client = new RawClient((await negotiate(server)).orderflow ?? '', protocol);
    const first = await client.message();
    expect(first).toMatchObject({ type: 'connected', connectionId: expect.stringMatching(/^[\w-]{8,}$/) });
    expect('reconnectionToken' in first && first.reconnectionToken !== undefined).toBe(protocol.includes('reliable'));
    expect(client.socket.protocol).toBe(protocol);
    expect(await client.join(FLOW, 7)).toMatchObject({ ackId: 7, success: true });
    for (let i = 1; i <= 3; i++) {
      const message = await client.next('message');
      expect(message).toMatchObject({ from: 'group', group: FLOW });
      if (protocol.includes('reliable')) expect(message.sequenceId).toBe(i);
    }
    expect(new Set(client.binaries)).toEqual(new Set([isBinary]));
  });

  it('answers pings (check 52)', async () => {
    const client = await connectTo((await negotiate(await serveSockets())).classic, protocol);
    client.socket.send(isBinary ? Buffer.from('4a00', 'hex') : '{"type":"ping"}', { binary: isBinary });
    expect((await client.frame())?.toString(isBinary ? 'hex' : 'utf8')).toBe(isBinary ? '2200' : '{"type":"pong"}');
  });

  it('refuses a group of another hub with an error, and joins without ack id silently (checks 49, 50)', async () => {
    const client = await connectTo((await negotiate(await serveSockets())).orderflow, protocol);
    const error = { name: 'Forbidden', message: expect.stringMatching(/hub classic/) };
    expect(await client.join(FULL, 8)).toMatchObject({ ackId: 8, success: false, error });
    client.send({ type: 'joinGroup', group: FLOW });
    expect((await client.message()).type).toBe('message');
  });

  it('does a repeated ack id once (check 51)', async () => {
    const client = await connectTo((await negotiate(await serveSockets())).orderflow, protocol);
    await client.join('blue_SPX_orderflow_20990101', 3);
    expect(await client.join('blue_SPX_orderflow_20990101', 3)).toMatchObject({
      ackId: 3,
      success: false,
      error: { name: 'Duplicate', message: 'Message with ack-id: 3 has been processed' },
    });
  });

  it('sends nothing of a group that was left (check 53)', async () => {
    const server = await serveSockets({}, { cacheMode: 'rotation' });
    const client = await connectTo((await negotiate(server)).classic, protocol);
    const witness = await connectTo((await negotiate(server)).classic, protocol);
    await client.join(FULL, 1);
    await witness.join(FULL, 1);
    await client.next('message');
    client.send({ type: 'leaveGroup', group: FULL, ackId: 2 });
    expect(await client.next('ack')).toMatchObject({ ackId: 2, success: true });
    for (let i = 0; i < 5; i++) await witness.next('message');
    client.send({ type: 'ping' });
    expect((await client.message()).type).toBe('pong');
  });

  it('refuses what only publishers may do', async () => {
    const client = await connectTo((await negotiate(await serveSockets())).classic, protocol);
    client.send({ type: 'sendToGroup', group: FULL, data: { type: 'text', text: 'x' }, ackId: 1 });
    expect(await client.next('ack')).toMatchObject({ success: false, error: { name: 'Forbidden' } });
    client.send({ type: 'event', event: 'e', data: { type: 'text', text: 'x' }, ackId: 2 });
    expect(await client.next('ack')).toMatchObject({ success: false, error: { name: 'Forbidden' } });
  });
});

describe('the handshake', () => {
  /** The head of the answer, as sent. */
  const handshake = async (offer: string | undefined): Promise<string> => {
    const url = new URL((await negotiate(await serveSockets())).classic ?? '');
    const socket = connect(Number(url.port), url.hostname);
    const head = ['GET', url.pathname + url.search, 'HTTP/1.1\r\nHost:', `${url.host}\r\nUpgrade: websocket\r\n`].join(
      ' ',
    );
    const protocols = offer === undefined ? '' : `Sec-WebSocket-Protocol: ${offer}\r\n`;
    socket.write(
      `${head}Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n${protocols}\r\n`,
    );
    const [answer] = await once(socket, 'data');
    socket.destroy();
    return String(answer).split('\r\n\r\n')[0] ?? '';
  };
  const echoed = (head: string) =>
    [...head.matchAll(/^sec-websocket-protocol: *(.*)$/gim)].map((line) => line[1]?.trim());

  it.each(SUBPROTOCOLS)('echoes %s in exactly one header, alone or of two (checks 45, 46)', async (name) => {
    expect(echoed(await handshake(name))).toEqual([name]);
    expect(echoed(await handshake(`unknown, ${name}`))).toEqual([name]);
  });

  it('offers no compression, and JSON to a client that asks for nothing', async () => {
    const head = await handshake(undefined);
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).not.toMatch(/extensions|sec-websocket-protocol/i);
    expect(echoed(head)).toEqual([]);
  });

  it('refuses subprotocols nobody speaks here', async () => {
    const url = (await negotiate(await serveSockets())).classic ?? '';
    expect(await refusalOf(url, {}, 'mqtt')).toEqual({ status: 400, error: expect.stringMatching(/mqtt/) });
  });

  it('refuses clients past the limit', async () => {
    const { classic = '' } = await negotiate(await serveSockets({ maxClients: 1 }));
    await connectTo(classic);
    expect(await refusalOf(classic)).toEqual({ status: 503, error: expect.stringMatching(/its limit/) });
  });

  it('other upgrades are answered as plain requests', async () => {
    const server = await serveSockets();
    const { hostname, port } = new URL(server.url);
    const ask = async (path: string, headers: string): Promise<string> => {
      const socket = connect(Number(port), hostname);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\n${headers}\r\n\r\n`);
      let text = '';
      for await (const chunk of socket) text += chunk;
      return text;
    };
    expect(await ask('/health', 'Upgrade: h2c')).toMatch(/^HTTP\/1\.1 200 .*"status":"ok"/s);
    expect(await ask('/nowhere', 'Upgrade: websocket')).toMatch(/^HTTP\/1\.1 404 .*"error"/s);
    expect((await server.get('/ws/classic')).status).toBe(426);
  });
});

describe('records on a hub', () => {
  const first = async (group: string, files: Record<string, string>, hub: string) => {
    const root = await archiveOf(files);
    const client = await connectTo((await negotiate(await serveSockets({}, { root })))[hub]);
    await client.join(group, 1);
    const { data } = JSON.parse(String(await client.frame()));
    return decodeData(data);
  };

  it('decode to the golden vector: base64, Any, zstd, Gex (check 56)', async () => {
    const { typeUrl, raw } = await first(
      FULL,
      { [`${DATE}/SPX/classic/gex_full.jsonl`]: `${SAMPLES.gex}\n` },
      'classic',
    );
    expect(typeUrl).toContain('proto.gex');
    expect(raw.toString('hex')).toBe(
      '08c0c6c9cf0612035350581800200228ffc82b30ffb42b389cc62b4080f92b48f0aa2b50d08e2a5a1f08e8862a10a1e40218e3870122110a0fedf702f5fb0293ff02ddd902f7d7025a1308c4892d10cc0818a61622070a05000000000060deec9fe10c68a299913170ec017a480a0a08a0945710bcc687a3010a0a08b88c571084e0e6c4080a0a08b88c5710f0f0a1b7070a0a08b88c5710b6befb9e080a0a08b88c5710d2f79cb4080a0a08b88c5710b0f2dfb608',
    );
  });

  it('are rounded: a spot of 19.99 is 1999 (check 57)', async () => {
    const line = SAMPLES.gex.replace('"spot":7138.55', '"spot":19.99');
    const { record } = await first(FULL, { [`${DATE}/SPX/classic/gex_full.jsonl`]: `${line}\n` }, 'classic');
    expect(numberAt(record, 5)).toBe(1999);
  });

  it('of orderflow have every number times 100 (check 58)', async () => {
    const files = { [`${DATE}/SPX/orderflow/orderflow.jsonl`]: `${SAMPLES.orderflow}\n` };
    const { typeUrl, record } = await first('blue_SPX_orderflow_orderflow', files, 'orderflow');
    expect(typeUrl).toContain('proto.orderflow');
    expect([20, 13, 32].map((field) => zigzag(numberAt(record, field)))).toEqual([40008, -50, -1234]);
  });

  it('of a greek leave out absent put fields (check 59)', async () => {
    const files = { [`${DATE}/SPX/state/gamma_zero.jsonl`]: `${SAMPLES.greek}\n` };
    const { typeUrl, record } = await first('blue_SPX_state_gamma_zero', files, 'state_greeks_zero');
    expect(typeUrl).toContain('proto.greek');
    for (const contract of record.get(10) ?? []) {
      const fields = fieldsOf(contract as Buffer);
      expect([fields.has(1), fields.has(6), fields.has(7)]).toEqual([true, false, false]);
    }
  });

  it('stop after the last one and start again after a reset (check 60)', async () => {
    const server = await serveSockets();
    const client = await connectTo((await negotiate(server)).classic);
    await client.join(FULL, 1);
    for (let i = 0; i < 3; i++) await client.next('message');
    client.send({ type: 'ping' });
    expect((await client.message()).type).toBe('pong');
    await server.post('/reset-cache');
    const { record } = decodeData(JSON.parse(String(await client.frame())).data);
    expect(numberAt(record, 1)).toBe(1777492798);
  });

  it('are the same for all sockets of a key and independent between keys (check 61)', async () => {
    const server = await serveSockets();
    const times = async (client: RawClient, count: number): Promise<number[]> => {
      const seen: number[] = [];
      while (seen.length < count) {
        const frame = JSON.parse(String(await client.frame()));
        if (frame.type === 'message') seen.push(numberAt(decodeData(frame.data).record, 1));
      }
      return seen;
    };
    const { classic } = await negotiate(server, 'one');
    const [a, b] = await Promise.all([connectTo(classic), connectTo(classic)]);
    const other = await connectTo((await negotiate(server, 'two')).classic);
    for (const client of [a, b]) client.send({ type: 'joinGroup', group: FULL });
    const both = await Promise.all([times(a, 3), times(b, 3)]);
    expect(both[0]).toEqual([1777492798, 1777492799, 1777492800]);
    expect(both[1]).toEqual(both[0]);
    other.send({ type: 'joinGroup', group: FULL });
    expect(await times(other, 3)).toEqual(both[0]);
  });

  it('move on once a tick, whatever prefixes a key uses', async () => {
    const client = await connectTo((await negotiate(await serveSockets())).classic);
    for (const prefix of ['blue', 'red']) client.send({ type: 'joinGroup', group: `${prefix}_SPX_classic_gex_full` });
    const seen: [string, number][] = [];
    while (seen.length < 6) {
      const { group, data } = JSON.parse(String(await client.frame()));
      seen.push([group, numberAt(decodeData(data).record, 1)]);
    }
    for (const prefix of ['blue', 'red']) {
      const times = seen.filter(([group]) => group.startsWith(prefix)).map(([, time]) => time);
      expect(times).toEqual([1777492798, 1777492799, 1777492800]);
    }
  });

  it('that are damaged are passed over and reported', async () => {
    const root = await fixtureF();
    await addFiles(root, { [`${DATE}/SPX/classic/gex_full.jsonl`]: `{"timestamp":1,}\n7\n${SAMPLES.gex}\n` });
    const server = await serveSockets({}, { root });
    const client = await connectTo((await negotiate(server)).classic);
    await client.join(FULL, 1);
    const { record } = decodeData(JSON.parse(String(await client.frame())).data);
    expect(numberAt(record, 1)).toBe(1777492800);
    expect(server.lines.filter((line) => line.message.includes('could not be sent'))).toHaveLength(2);
  });

  it('of data that is not loaded never come, and the hub stays up', async () => {
    const client = await connectTo((await negotiate(await serveSockets())).classic);
    expect(await client.join('blue_NDX_classic_gex_full', 1)).toMatchObject({ success: true });
    expect(await client.join(FULL, 2)).toMatchObject({ success: true });
    expect((await client.next('message')).group).toBe(FULL);
  });

  it('follow a reload from its first one', async () => {
    const server = await serveSockets({}, { mode: 'stream' });
    const client = await connectTo((await negotiate(server)).classic);
    await client.join(FULL, 1);
    for (let i = 0; i < 3; i++) await client.next('message');
    expect((await server.post('/reload-date', { date: DATE })).status).toBe(200);
    const { record } = decodeData(JSON.parse(String(await client.frame())).data);
    expect(numberAt(record, 1)).toBe(1777492798);
  });

  it('in protobuf frames carry the Any as it is', async () => {
    const client = await connectTo((await negotiate(await serveSockets())).classic, SUBPROTOCOLS[2]);
    client.send({ type: 'joinGroup', group: FULL });
    const data = fieldsOf(bytesAt(fieldsOf((await client.frame()) as Buffer), 2));
    expect([bytesAt(data, 1).toString(), bytesAt(data, 2).toString()]).toEqual(['group', FULL]);
    const { typeUrl, record } = decodeAny(bytesAt(fieldsOf(bytesAt(data, 3)), 3));
    expect([typeUrl, numberAt(record, 1), bytesAt(record, 2).toString()]).toEqual(['proto.gex', 1777492798, 'SPX']);
  });
});

it('a spot message has the price and time of the records of its tick (check 74)', async () => {
  const server = await serveSockets();
  const groups = ['SPX_classic_gex_full', 'SPX_spot'];
  const { websocket_urls: urls } = (await server.post('/negotiate', { groups }, bearer())).json;
  const client = await connectTo(urls.v2_classic);
  for (let i = 0; i < 3; i++) {
    const [gex, spot] = [await client.frame(), await client.frame()].map((frame) =>
      decodeData(JSON.parse(String(frame)).data),
    );
    expect(spot?.typeUrl).toContain('proto.spot');
    expect(gex?.typeUrl).toContain('proto.gex');
    const times = [gex, spot].map((message) => message && numberAt(message.record, 1));
    expect(times).toEqual([1777492798 + i, 1777492798 + i]);
    expect(spot && numberAt(spot.record, 3)).toBe(713855);
  }
});
