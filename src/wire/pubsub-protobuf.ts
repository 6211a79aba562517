import { GexError } from '../errors.js';
import { anyFields, anyOfFields } from './any.js';
import {
  type ClientMessage,
  type Codec,
  checkSize,
  type GroupFrame,
  MAX_CLIENT_FRAME,
  MAX_SERVER_FRAME,
  type MessageData,
  type ServerMessage,
} from './pubsub.js';
import { DATA, type DataFields, DOWNSTREAM, type Uint64, UPSTREAM } from './pubsub-messages.js';

/** The protobuf subprotocol, plain or reliable. */
export function protobufCodec(reliable: boolean): Codec {
  return {
    subprotocol: reliable ? 'protobuf.reliable.webpubsub.azure.v1' : 'protobuf.webpubsub.azure.v1',
    binary: true,
    reliable,
    decode: decodeClient,
    connected: (connection) => DOWNSTREAM.encode({ systemMessage: { connectedMessage: connection } }),
    ack: (ackId, error) =>
      DOWNSTREAM.encode({ ackMessage: { ackId, success: error === undefined, ...(error && { error }) } }),
    groupMessage: (group, payload) => {
      const body = DATA.encode({ from: 'group', group, data: { protobufData: anyFields(payload) } });
      return reliable ? numbered(body) : constant(numbered(body)());
    },
    pong: () => DOWNSTREAM.encode({ pongMessage: {} }),
    disconnected: (message) => DOWNSTREAM.encode({ systemMessage: { disconnectedMessage: { reason: message } } }),
    client: { encode: encodeClient, decode: decodeServer },
  };
}

function constant(frame: Uint8Array): GroupFrame {
  return () => frame;
}

const DATA_MESSAGE_TAG = 0x12;
const SEQUENCE_ID_TAG = 0x20;
/** A tag, a length and a sequence id, at their longest. */
const LONGEST_FRAME_EXTRA = 1 + 5 + 1 + 8;

/** A DownstreamMessage around an encoded DataMessage, to which each frame appends its own sequence id. */
function numbered(body: Uint8Array): GroupFrame {
  return (sequenceId = 0) => {
    const idBytes = sequenceId > 0 ? 1 + varintLength(sequenceId) : 0;
    const frame = new Uint8Array(body.length + LONGEST_FRAME_EXTRA);
    frame[0] = DATA_MESSAGE_TAG;
    let at = writeVarint(frame, 1, body.length + idBytes);
    frame.set(body, at);
    at += body.length;
    if (idBytes > 0) {
      frame[at] = SEQUENCE_ID_TAG;
      at = writeVarint(frame, at + 1, sequenceId);
    }
    return frame.subarray(0, at);
  };
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Writes a whole number up to 2^53 at `at` and returns where it ends. */
function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out[end++] = (rest % 128) | 128;
  out[end++] = rest;
  return end;
}

function decodeClient(frame: Uint8Array): ClientMessage {
  checkSize(frame, MAX_CLIENT_FRAME);
  const fields = UPSTREAM.decode(frame);
  const { joinGroupMessage: join, leaveGroupMessage: leave, sendToGroupMessage: send, eventMessage: event } = fields;
  if (join) return { type: 'joinGroup', group: join.group, ...ackIdOf(join) };
  if (leave) return { type: 'leaveGroup', group: leave.group, ...ackIdOf(leave) };
  if (send) {
    const noEcho = send.noEcho ? { noEcho: true } : {};
    return { type: 'sendToGroup', group: send.group, data: dataOf(send.data), ...ackIdOf(send), ...noEcho };
  }
  if (event) {
    const data = event.data ? { data: dataOf(event.data) } : {};
    return { type: 'event', event: event.event, ...data, ...ackIdOf(event) };
  }
  if (fields.sequenceAckMessage) {
    return { type: 'sequenceAck', sequenceId: integerOf(fields.sequenceAckMessage.sequenceId, 'sequence_id') };
  }
  return fields.pingMessage ? { type: 'ping' } : { type: 'ignored', name: '' };
}

function decodeServer(frame: Uint8Array): ServerMessage {
  checkSize(frame, MAX_SERVER_FRAME);
  const { ackMessage: ack, dataMessage: data, systemMessage: system, pongMessage } = DOWNSTREAM.decode(frame);
  if (ack) {
    const error = ack.error ? { error: { name: ack.error.name, message: ack.error.message } } : {};
    return { type: 'ack', ackId: integerOf(ack.ackId, 'ack_id'), success: ack.success, ...error };
  }
  if (data) {
    const group = present(data, 'group');
    const sequenceId = integerOf(data.sequenceId ?? 0, 'sequence_id');
    return {
      type: 'message',
      from: data.from,
      data: dataOf(data.data),
      ...(typeof group === 'string' && { group }),
      ...(sequenceId > 0 && { sequenceId }),
    };
  }
  if (system?.connectedMessage) {
    const { connectionId, userId, reconnectionToken } = system.connectedMessage;
    return {
      type: 'connected',
      connectionId,
      ...(userId && { userId }),
      ...(reconnectionToken && { reconnectionToken }),
    };
  }
  if (system?.disconnectedMessage) return { type: 'disconnected', message: system.disconnectedMessage.reason };
  return pongMessage ? { type: 'pong' } : { type: 'ignored', name: '' };
}

function encodeClient(message: ClientMessage): Uint8Array {
  switch (message.type) {
    case 'joinGroup':
      return UPSTREAM.encode({ joinGroupMessage: message });
    case 'leaveGroup':
      return UPSTREAM.encode({ leaveGroupMessage: message });
    case 'sendToGroup':
      return UPSTREAM.encode({ sendToGroupMessage: { ...message, data: dataFields(message.data) } });
    case 'event':
      return UPSTREAM.encode({ eventMessage: { ...message, data: message.data ? dataFields(message.data) : null } });
    case 'sequenceAck':
      return UPSTREAM.encode({ sequenceAckMessage: message });
    case 'ping':
      return UPSTREAM.encode({ pingMessage: {} });
    case 'ignored':
      return new Uint8Array(0);
  }
}

/** No data reads as an empty text. */
function dataOf(fields: DataFields | null | undefined): MessageData {
  if (fields?.protobufData) return { type: 'protobuf', any: anyOfFields(fields.protobufData) };
  const bytes = fields && present(fields, 'binaryData');
  if (bytes) return { type: 'binary', bytes };
  return { type: 'text', text: fields?.textData ?? '' };
}

/** JSON travels as its text. */
function dataFields(data: MessageData): DataFields {
  switch (data.type) {
    case 'text':
      return { textData: data.text };
    case 'json':
      return { textData: JSON.stringify(data.value) };
    case 'binary':
      return { binaryData: data.bytes };
    case 'protobuf':
      return { protobufData: anyFields(data.any) };
  }
}

function ackIdOf(fields: { readonly ackId?: Uint64 | null }): { ackId?: number } {
  const ackId = present(fields, 'ackId');
  return ackId === undefined || ackId === null ? {} : { ackId: integerOf(ackId, 'ack_id') };
}

/** The value of a field that was in the bytes: absent ones read as their default. */
function present<Fields extends object, Key extends keyof Fields>(fields: Fields, key: Key): Fields[Key] | undefined {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function integerOf(value: Uint64, name: string): number {
  const whole = typeof value === 'number' ? value : value.toNumber();
  if (!Number.isSafeInteger(whole)) throw new GexError('data', `websocket frame: ${name} ${value} is above 2^53 - 1`);
  return whole;
}
