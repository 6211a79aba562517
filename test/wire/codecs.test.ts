import { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from '@azure/web-pubsub-client';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AnyMessage } from '../../src/wire/any.js';
import { CODECS, codecNamed } from '../../src/wire/codecs.js';
import { encodePayload, encodeSpot } from '../../src/wire/payload.js';
import type { ClientMessage, Codec, MessageData } from '../../src/wire/pubsub.js';
import { prepareZstd } from '../../src/wire/zstd.js';
import { readAny, readFields, readPayload } from '../helpers/wire-reader.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const json = (frame: Uint8Array): unknown => JSON.parse(Buffer.from(frame).toString('utf8'));
const frameOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

// The spot Any of the published vectors: type URL proto.spot, a zstd frame that stores its bytes.
const SPOT: AnyMessage = {
  typeUrl: 'proto.spot',
  value: bytesOf('28b52ffd200f79000008c0c6c9cf06120353505818ffc82b'),
};

const JSONS = CODECS.filter(({ binary }) => !binary);
const PROTOBUFS = CODECS.filter(({ binary }) => binary);
const named = (codecs: readonly Codec[]) => codecs.map((codec) => [codec.subprotocol, codec] as const);

beforeAll(prepareZstd);

test('there are four subprotocols, found by their names', () => {
  expect(CODECS.map(({ subprotocol, binary, reliable }) => [subprotocol, binary, reliable])).toEqual([
    ['json.reliable.webpubsub.azure.v1', false, true],
    ['json.webpubsub.azure.v1', false, false],
    ['protobuf.reliable.webpubsub.azure.v1', true, true],
    ['protobuf.webpubsub.azure.v1', true, false],
  ]);
  for (const codec of CODECS) expect(codecNamed(codec.subprotocol)).toBe(codec);
  expect(codecNamed('mqtt')).toBeUndefined();
});

describe.each(named(PROTOBUFS))('%s', (_, codec) => {
  test('writes the published frames, byte for byte', () => {
    expect(hex(codec.connected({ connectionId: 'c1', userId: 'u1' }))).toBe('1a0a0a080a02633112027531');
    expect(hex(codec.ack(1))).toBe('0a0408011001');
    expect(hex(codec.ack(1, { name: 'Forbidden', message: 'no' }))).toBe('0a1308011a0f0a09466f7262696464656e12026e6f');
    expect(hex(codec.pong())).toBe('2200');
    expect(hex(codec.disconnected('bye'))).toBe('1a0712051203627965');
    expect(hex(codec.groupMessage('blue_SPX_spot', SPOT)())).toBe(
      '12400a0567726f7570120d626c75655f5350585f73706f741a281a260a0a70726f746f2e73706f74121828b52ffd200f79000008c0c6c9cf06120353505818ffc82b',
    );
    expect(hex(codec.client.encode({ type: 'joinGroup', group: 'blue_SPX_spot', ackId: 1 }))).toBe(
      '32110a0d626c75655f5350585f73706f741001',
    );
  });

  test('reads the published frames', () => {
    const group = 'blue_SPX_spot';
    const read = (frame: string) => codec.decode(bytesOf(frame));
    expect(read('32110a0d626c75655f5350585f73706f741001')).toEqual({ type: 'joinGroup', group, ackId: 1 });
    expect(read('3a110a0d626c75655f5350585f73706f741002')).toEqual({ type: 'leaveGroup', group, ackId: 2 });
    expect(read('42020805')).toEqual({ type: 'sequenceAck', sequenceId: 5 });
    expect(read('4a00')).toEqual({ type: 'ping' });
  });

  test('an absent ack id is absent, an explicit 0 is 0', () => {
    expect(codec.decode(bytesOf('3203 0a0141'))).toEqual({ type: 'joinGroup', group: 'A' });
    expect(codec.decode(bytesOf('3205 0a0141 1000'))).toEqual({ type: 'joinGroup', group: 'A', ackId: 0 });
  });

  test('skips unknown fields, and an unknown message is ignored', () => {
    // Field 15 as a varint, 14 as bytes, 13 as a fixed32, 12 as a group, inside and outside of the join message.
    const unknown = '78ff01 720161 6d00000000 63 0801 64';
    expect(codec.decode(bytesOf(`${unknown} 3214 0a0141 ${unknown} 1001 ${unknown}`))).toEqual({
      type: 'joinGroup',
      group: 'A',
      ackId: 1,
    });
    expect(codec.decode(bytesOf(unknown))).toEqual({ type: 'ignored', name: '' });
    expect(codec.decode(new Uint8Array(0))).toEqual({ type: 'ignored', name: '' });
    expect(codec.client.decode(bytesOf('2a00'))).toEqual({ type: 'ignored', name: '' });
  });

  test('the last of two messages in one frame counts', () => {
    expect(codec.decode(bytesOf('3203 0a0141 4a00'))).toEqual({ type: 'ping' });
    expect(codec.decode(bytesOf('4a00 3203 0a0141'))).toEqual({ type: 'joinGroup', group: 'A' });
  });

  test.each([
    ['a length past the end', '320a 0a0141'],
    ['a length inside a message past its end', '3203 0a0541 4a00'],
    ['a varint without end', '42ffffffffffffffffffffffffff'],
    ['a field number 0', '0000'],
    ['a text that is not UTF-8', '3204 0a02c328'],
    ['an end of a group that never began', '64'],
    ['a group without end', '63 0801'],
    ['a wire type that does not exist', '66'],
    ['an ack id above 2^53', '320c 0a0141 10ffffffffffffff7f'],
    ['a sequence id above 2^53', '420b 08ffffffffffffffffff01'],
    ['groups nested 1,000 deep', '63'.repeat(1_000)],
  ])('%s is a data error', (_, frame) => {
    expect(() => codec.decode(bytesOf(frame))).toThrow(expect.objectContaining({ name: 'GexError', kind: 'data' }));
  });
});

describe.each(named(JSONS))('%s', (_, codec) => {
  test('writes the frames of the protocol', () => {
    expect(json(codec.connected({ connectionId: 'c1', userId: 'u1' }))).toEqual({
      type: 'system',
      event: 'connected',
      userId: 'u1',
      connectionId: 'c1',
    });
    expect(json(codec.ack(7))).toEqual({ type: 'ack', ackId: 7, success: true });
    expect(json(codec.ack(8, { name: 'Forbidden', message: 'no' }))).toEqual({
      type: 'ack',
      ackId: 8,
      success: false,
      error: { name: 'Forbidden', message: 'no' },
    });
    expect(Buffer.from(codec.pong()).toString()).toBe('{"type":"pong"}');
    expect(json(codec.disconnected('bye'))).toEqual({ type: 'system', event: 'disconnected', message: 'bye' });
    expect(json(codec.groupMessage('blue_SPX_spot', SPOT)())).toEqual({
      type: 'message',
      from: 'group',
      group: 'blue_SPX_spot',
      dataType: 'binary',
      data: 'Cgpwcm90by5zcG90EhgotS/9IA95AAAIwMbJzwYSA1NQWBj/yCs=',
    });
  });

  test('reads the frames of a client, whatever else they hold', () => {
    const read = (value: object) => codec.decode(frameOf(value));
    expect(read({ type: 'joinGroup', group: 'g', ackId: 1, more: [{}] })).toEqual({
      type: 'joinGroup',
      group: 'g',
      ackId: 1,
    });
    expect(read({ type: 'leaveGroup', group: 'g', ackId: null })).toEqual({ type: 'leaveGroup', group: 'g' });
    expect(read({ type: 'ping' })).toEqual({ type: 'ping' });
    expect(read({ type: 'sequenceAck', sequenceId: 9 })).toEqual({ type: 'sequenceAck', sequenceId: 9 });
    expect(read({ type: 'invoke', target: 'event' })).toEqual({ type: 'ignored', name: 'invoke' });
    expect(read({ type: 'event', event: 'e', dataType: 'json', data: { a: [1] } })).toEqual({
      type: 'event',
      event: 'e',
      data: { type: 'json', value: { a: [1] } },
    });
  });

  test.each([
    ['no JSON', '{'],
    ['an array', '[]'],
    ['a text', '"ping"'],
    ['null', 'null'],
    ['nothing', ''],
    ['an object without a type', '{}'],
    ['a type that is no text', '{"type":1}'],
    ['a join without a group', '{"type":"joinGroup"}'],
    ['a group that is no text', '{"type":"joinGroup","group":7}'],
    ['a negative ack id', '{"type":"joinGroup","group":"g","ackId":-1}'],
    ['a broken ack id', '{"type":"joinGroup","group":"g","ackId":1.5}'],
    ['an ack id above 2^53', '{"type":"joinGroup","group":"g","ackId":9007199254740993}'],
    ['a sequence id that is missing', '{"type":"sequenceAck"}'],
    ['an unknown data type', '{"type":"sendToGroup","group":"g","dataType":"xml","data":"x"}'],
    ['binary data that is no base64', '{"type":"sendToGroup","group":"g","dataType":"binary","data":"a!=="}'],
    ['protobuf data that is no Any', '{"type":"sendToGroup","group":"g","dataType":"protobuf","data":"////"}'],
    ['brackets 100,000 deep', `{"type":"ping","x":${'['.repeat(100_000)}`],
    ['objects 100 deep', `{"type":"ping","x":${'{"a":'.repeat(100)}1${'}'.repeat(101)}`],
  ])('%s is a data error', (_, frame) => {
    expect(() => codec.decode(Buffer.from(frame))).toThrow(expect.objectContaining({ name: 'GexError', kind: 'data' }));
  });

  test('bytes that are not UTF-8 are a data error, brackets inside texts are not depth', () => {
    expect(() => codec.decode(Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]))).toThrow(/not JSON text/);
    const group = `"\\${'['.repeat(1_000)}`;
    expect(codec.decode(frameOf({ type: 'joinGroup', group }))).toEqual({ type: 'joinGroup', group });
  });
});

describe.each(named(CODECS))('%s', (_, codec) => {
  test('a frame larger than the limit of its direction is a data error', () => {
    const join = (length: number): ClientMessage => ({ type: 'joinGroup', group: 'x'.repeat(length) });
    expect(codec.decode(codec.client.encode(join(500_000)))).toEqual(join(500_000));
    expect(() => codec.decode(codec.client.encode(join(530_000)))).toThrow(/530\d\d\d bytes are more than the 524288/);
    expect(() => codec.client.decode(Buffer.alloc(17_000_000, '['))).toThrow(/more than the 16777216 allowed/);
  });

  test('each receiver of a group message has its own sequence id, only where the subprotocol is reliable', () => {
    const frame = codec.groupMessage('blue_SPX_spot', SPOT);
    const ids = [1, 127, 128, 16_383, 16_384, 2 ** 32, Number.MAX_SAFE_INTEGER];
    expect(ids.map((id) => codec.client.decode(frame(id)))).toMatchObject(
      ids.map((id) => (codec.reliable ? { type: 'message', sequenceId: id } : { type: 'message' })),
    );
    if (!codec.reliable) expect(frame(1)).toBe(frame(2));
    expect('sequenceId' in codec.client.decode(frame())).toBe(false);
  });

  test('what the server writes, the other end reads', () => {
    const connection = { connectionId: 'c1', userId: 'u1', reconnectionToken: 't1' };
    const read = (frame: Uint8Array) => codec.client.decode(frame);
    expect(read(codec.connected(connection))).toEqual({ type: 'connected', ...connection });
    expect(read(codec.connected({ connectionId: 'c1' }))).toEqual({ type: 'connected', connectionId: 'c1' });
    expect(read(codec.ack(3))).toEqual({ type: 'ack', ackId: 3, success: true });
    const error = { name: 'Duplicate', message: '' };
    expect(read(codec.ack(3, error))).toEqual({ type: 'ack', ackId: 3, success: false, error });
    expect(read(codec.disconnected('bye'))).toEqual({ type: 'disconnected', message: 'bye' });
    expect(read(codec.pong())).toEqual({ type: 'pong' });
  });

  test('a record reaches a client that shares no code with the server', async () => {
    const record = {
      timestamp: 1786714202,
      ticker: 'SPX',
      spot: 7806.6,
      agg_dex: 400.08,
      ocvr: -0.5,
      dexoflow: -12.34,
    };
    const payload = encodePayload({ package: 'orderflow', category: 'orderflow' }, frameOf(record));
    const receive = (sent: AnyMessage): Uint8Array => {
      const frame = codec.groupMessage('blue_SPX_orderflow_orderflow', sent)(12);
      if (!codec.binary) return Buffer.from((json(frame) as { data: string }).data, 'base64');
      return inside(inside(inside(frame, 2), 3), 3);
    };
    expect(await readPayload(readAny(receive(payload)))).toMatchObject(record);
    expect(await readPayload(readAny(receive(encodeSpot(payload.head))))).toEqual(payload.head);
  });

  test('every message of a client is read as it was meant', () => {
    fc.assert(
      fc.property(clientMessages(codec.binary), (message) => {
        expect(plain(codec.decode(codec.client.encode(message)))).toEqual(plain(message));
      }),
      { numRuns: 1_000 },
    );
  });
});

test.each([
  ['json', WebPubSubJsonProtocol()],
  ['json.reliable', WebPubSubJsonReliableProtocol()],
])('the official JavaScript client speaks %s with the codec', (name, official) => {
  const codec = codecNamed(`${name}.webpubsub.azure.v1`) as Codec;
  const read = (frame: Uint8Array) => official.parseMessages(Buffer.from(frame).toString('utf8'));
  expect(codec.subprotocol).toBe(official.name);
  expect(read(codec.connected({ connectionId: 'c', userId: 'u', reconnectionToken: 't' }))).toMatchObject({
    kind: 'connected',
    connectionId: 'c',
    userId: 'u',
    reconnectionToken: 't',
  });
  expect(read(codec.ack(2, { name: 'Forbidden', message: 'no' }))).toMatchObject({
    kind: 'ack',
    ackId: 2,
    success: false,
  });
  expect(read(codec.disconnected('bye'))).toMatchObject({ kind: 'disconnected', message: 'bye' });
  expect(read(codec.pong())).toMatchObject({ kind: 'pong' });
  const message = read(codec.groupMessage('blue_SPX_spot', SPOT)(4)) as unknown as { data: ArrayBuffer };
  expect(message).toMatchObject({ kind: 'groupData', group: 'blue_SPX_spot' });
  expect(readAny(new Uint8Array(message.data))).toEqual({ typeUrl: SPOT.typeUrl, value: new Uint8Array(SPOT.value) });
  const join = official.writeMessage({ kind: 'joinGroup', group: 'blue_SPX_spot', ackId: 1 });
  expect(codec.decode(Buffer.from(join as string))).toEqual({ type: 'joinGroup', group: 'blue_SPX_spot', ackId: 1 });
  const send = official.writeMessage({ kind: 'sendEvent', event: 'e', ackId: 2, dataType: 'text', data: 'hello' });
  expect(codec.decode(Buffer.from(send as string))).toEqual({
    type: 'event',
    event: 'e',
    ackId: 2,
    data: { type: 'text', text: 'hello' },
  });
});

/** The one message in field `number` of a message. */
function inside(message: Uint8Array, number: number): Uint8Array {
  return readFields(message).get(number)?.[0] as Uint8Array;
}

/** Buffers and arrays of bytes compare by what they hold. */
function plain(message: ClientMessage): unknown {
  return JSON.parse(
    JSON.stringify(message, (_, value: unknown) =>
      typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
        ? (value as unknown as { data: number[] }).data
        : value instanceof Uint8Array
          ? [...value]
          : value,
    ),
  );
}

function clientMessages(isBinary: boolean): fc.Arbitrary<ClientMessage> {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 });
  const bytes = fc.uint8Array({ maxLength: 40 });
  const id = fc.oneof(fc.nat(300), fc.maxSafeNat());
  const data = fc.oneof<fc.Arbitrary<MessageData>[]>(
    fc.record({ type: fc.constant('text'), text }),
    fc.record({ type: fc.constant('binary'), bytes }),
    fc.record({ type: fc.constant('protobuf'), any: fc.record({ typeUrl: text, value: bytes }) }),
    ...(isBinary ? [] : [fc.record({ type: fc.constant('json' as const), value: fc.jsonValue({ maxDepth: 5 }) })]),
  );

  return fc.oneof<fc.Arbitrary<ClientMessage>[]>(
    fc.record(
      { type: fc.constantFrom('joinGroup', 'leaveGroup'), group: text, ackId: id },
      { requiredKeys: ['type', 'group'] },
    ),
    fc
      .tuple(fc.record({ ackId: id, noEcho: fc.constant(true) }, { requiredKeys: [] }), text, data)
      .map(([more, group, sent]) => ({ type: 'sendToGroup', group, data: sent, ...more })),
    fc
      .tuple(fc.record({ ackId: id, data }, { requiredKeys: [] }), text)
      .map(([more, event]) => ({ type: 'event', event, ...more })),
    id.map((sequenceId) => ({ type: 'sequenceAck', sequenceId })),
    fc.constant({ type: 'ping' }),
  );
}
