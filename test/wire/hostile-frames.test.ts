import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GexError } from '../../src/errors.js';
import { CODECS } from '../../src/wire/codecs.js';
import type { Codec } from '../../src/wire/pubsub.js';

const CLIENT_TYPES = ['joinGroup', 'leaveGroup', 'sendToGroup', 'event', 'sequenceAck', 'ping', 'ignored'];
const SERVER_TYPES = ['connected', 'disconnected', 'ack', 'message', 'pong', 'ignored'];

/** Reads a frame in both directions: a message of the protocol or an error of kind data, and nothing else. */
function readBoth(codec: Codec, frame: Uint8Array): void {
  const directions = [
    [() => codec.decode(frame), CLIENT_TYPES],
    [() => codec.client.decode(frame), SERVER_TYPES],
  ] as const;
  for (const [read, types] of directions) {
    try {
      expect(types).toContain(read().type);
    } catch (error) {
      if (!(error instanceof GexError && error.kind === 'data')) throw error;
      expect(error.message.length).toBeLessThan(300);
    }
  }
}

/** One good frame of each kind, from both ends. */
function goodFrames(codec: Codec): readonly Uint8Array[] {
  const any = { typeUrl: 'proto.gex', value: new Uint8Array(300).fill(7) };
  const data = { type: 'protobuf', any } as const;
  return [
    codec.connected({ connectionId: 'c1', userId: 'u1', reconnectionToken: 't' }),
    codec.ack(300, { name: 'Forbidden', message: 'no' }),
    codec.pong(),
    codec.disconnected('bye'),
    codec.groupMessage('blue_SPX_spot', any)(70_000),
    codec.client.encode({ type: 'joinGroup', group: 'blue_SPX_spot', ackId: 300 }),
    codec.client.encode({ type: 'leaveGroup', group: 'blue_SPX_spot' }),
    codec.client.encode({ type: 'sendToGroup', group: 'g', ackId: 1, noEcho: true, data }),
    codec.client.encode({ type: 'event', event: 'e', data: { type: 'text', text: '☃' } }),
    codec.client.encode({ type: 'sequenceAck', sequenceId: 2 ** 40 }),
    codec.client.encode({ type: 'ping' }),
  ];
}

describe.each(CODECS.map((codec) => [codec.subprotocol, codec] as const))('%s', (_, codec) => {
  const good = goodFrames(codec);
  const frame = fc.constantFrom(...good);

  test('random bytes are a message or a data error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readBoth(codec, bytes)),
      { numRuns: 5_000 },
    );
  });

  test('random bytes behind the start of a good frame are a message or a data error', () => {
    fc.assert(
      fc.property(frame, fc.nat(60), fc.uint8Array({ maxLength: 60 }), (start, length, bytes) =>
        readBoth(codec, Buffer.concat([start.subarray(0, length), bytes])),
      ),
      { numRuns: 5_000 },
    );
  });

  test('a good frame with changed, doubled or exchanged bytes is a message or a data error', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(frame, frame, fc.nat(), changes, (one, other, cut, edits) => {
        const mixed = Buffer.concat([one.subarray(0, cut % (one.length + 1)), other]);
        for (const [at, byte] of edits) mixed[at % mixed.length] = byte;
        readBoth(codec, mixed);
      }),
      { numRuns: 5_000 },
    );
  });

  test('every good frame cut at every byte is a message or a data error', () => {
    for (const whole of good) {
      for (let length = 0; length <= whole.length; length++) readBoth(codec, whole.subarray(0, length));
    }
  });

  test.each([
    ['{"type":"joinGroup","group":"g","ackId":', '9', ''],
    ['{"type":"joinGroup","group":"g","ackId":1e', '9', '}'],
    ['{"type":"joinGroup","group":"', '\\u0000', '"}'],
    ['{"type":"sendToGroup","group":"g","dataType":"binary","data":"', 'A', '=!"}'],
    ['{"type":"event","event":"e","data":[', '[],', '1]}'],
    ['{"type":"ping",', '"a":1,', '"b":1}'],
    ['', '[', ''],
    ['', '"\\', ''],
    ['', '\u0000', ''],
    ['', '\u000a\u0001', ''],
    ['', '\u0032\u0001', ''],
    ['', '\u0063', ''],
    ['', '\u0080', ''],
    ['\u0032\u0080\u0080\u0020', '\u000a\u0001A', ''],
    ['', '\u004a\u0000', ''],
    ['', '\u007f', ''],
  ])('half a megabyte of %j and %j takes a moment', (start, middle, end) => {
    const room = 512 * 1024 - start.length - end.length;
    const text = start + middle.repeat(Math.floor(room / middle.length)) + end;
    const began = performance.now();
    readBoth(codec, Buffer.from(text, 'latin1'));
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
