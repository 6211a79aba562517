import { anyBytes, parseAny } from './any.js';
import {
  base64,
  type Fields,
  fault,
  fieldsOf,
  integer,
  isGiven,
  isObject,
  optionalText,
  shown,
  text,
} from './json-fields.js';
import {
  type ClientMessage,
  type Codec,
  type GroupFrame,
  MAX_CLIENT_FRAME,
  MAX_SERVER_FRAME,
  type MessageData,
  type ServerMessage,
} from './pubsub.js';

/**
 * How a payload is labelled: `binary` is what a service says of bytes published as they are; `protobuf` is read alike
 * by the official clients. The vendor's own choice is not documented.
 */
const PAYLOAD_DATA_TYPE = 'binary';

/** The JSON subprotocol, plain or reliable. */
export function jsonCodec(reliable: boolean): Codec {
  return {
    subprotocol: reliable ? 'json.reliable.webpubsub.azure.v1' : 'json.webpubsub.azure.v1',
    binary: false,
    reliable,
    decode: decodeClient,
    connected: ({ userId, connectionId, reconnectionToken }) =>
      frameOf({ type: 'system', event: 'connected', userId, connectionId, reconnectionToken }),
    ack: (ackId, error) => frameOf({ type: 'ack', ackId, success: error === undefined, error }),
    groupMessage: (group, payload) => {
      const data = Buffer.from(anyBytes(payload)).toString('base64');
      const text = JSON.stringify({ type: 'message', from: 'group', group, dataType: PAYLOAD_DATA_TYPE, data });
      return reliable ? numbered(text) : constant(Buffer.from(text));
    },
    pong: () => frameOf({ type: 'pong' }),
    disconnected: (message) => frameOf({ type: 'system', event: 'disconnected', message }),
    client: { encode: encodeClient, decode: decodeServer },
  };
}

function frameOf(message: object): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

function constant(frame: Uint8Array): GroupFrame {
  return () => frame;
}

/** The object `text` with each frame's own sequence id put in as its last member. */
function numbered(text: string): GroupFrame {
  const whole = Buffer.from(text);
  const open = whole.subarray(0, -1);
  return (sequenceId) =>
    sequenceId === undefined ? whole : Buffer.concat([open, Buffer.from(`,"sequenceId":${sequenceId}}`)]);
}

function decodeClient(frame: Uint8Array): ClientMessage {
  const fields = fieldsOf(frame, MAX_CLIENT_FRAME);
  const { type } = fields;
  switch (type) {
    case 'joinGroup':
    case 'leaveGroup':
      return { type, group: text(fields, 'group'), ...ackId(fields) };
    case 'sendToGroup': {
      const noEcho = fields.noEcho === true ? { noEcho: true } : {};
      return { type, group: text(fields, 'group'), data: dataOf(fields), ...ackId(fields), ...noEcho };
    }
    case 'event': {
      const data = fields.data === undefined ? {} : { data: dataOf(fields) };
      return { type, event: text(fields, 'event'), ...data, ...ackId(fields) };
    }
    case 'sequenceAck':
      return { type, sequenceId: integer(fields, 'sequenceId') };
    case 'ping':
      return { type };
    default:
      return { type: 'ignored', name: text(fields, 'type') };
  }
}

function decodeServer(frame: Uint8Array): ServerMessage {
  const fields = fieldsOf(frame, MAX_SERVER_FRAME);
  const { type } = fields;
  switch (type) {
    case 'system':
      return systemMessage(fields);
    case 'ack': {
      const error = isObject(fields.error)
        ? { error: { name: text(fields.error, 'name'), message: optionalText(fields.error, 'message') ?? '' } }
        : {};
      return { type, ackId: integer(fields, 'ackId'), success: fields.success === true, ...error };
    }
    case 'message': {
      const group = optionalText(fields, 'group');
      return {
        type,
        from: text(fields, 'from'),
        data: dataOf(fields),
        ...(group !== undefined && { group }),
        ...(isGiven(fields.sequenceId) && { sequenceId: integer(fields, 'sequenceId') }),
      };
    }
    case 'pong':
      return { type };
    default:
      return { type: 'ignored', name: text(fields, 'type') };
  }
}

function systemMessage(fields: Fields): ServerMessage {
  const event = text(fields, 'event');
  if (event === 'disconnected') return { type: event, message: optionalText(fields, 'message') ?? '' };
  if (event !== 'connected') return { type: 'ignored', name: event };
  const userId = optionalText(fields, 'userId');
  const reconnectionToken = optionalText(fields, 'reconnectionToken');
  return {
    type: event,
    connectionId: text(fields, 'connectionId'),
    ...(userId !== undefined && { userId }),
    ...(reconnectionToken !== undefined && { reconnectionToken }),
  };
}

function encodeClient(message: ClientMessage): Uint8Array {
  switch (message.type) {
    case 'sendToGroup':
    case 'event':
      return frameOf({ ...message, ...(message.data && dataFields(message.data)) });
    case 'ignored':
      return frameOf({ type: message.name });
    default:
      return frameOf(message);
  }
}

function ackId(fields: Fields): { ackId?: number } {
  return isGiven(fields.ackId) ? { ackId: integer(fields, 'ackId') } : {};
}

function dataOf(fields: Fields): MessageData {
  const { dataType = 'json', data } = fields;
  switch (dataType) {
    case 'json':
      return { type: 'json', value: data };
    case 'text':
      return { type: 'text', text: text(fields, 'data') };
    case 'binary':
      return { type: 'binary', bytes: base64(text(fields, 'data')) };
    case 'protobuf':
      return { type: 'protobuf', any: parseAny(base64(text(fields, 'data'))) };
    default:
      throw fault(`dataType ${shown(dataType)} is none of json, text, binary and protobuf`);
  }
}

function dataFields(data: MessageData): { readonly dataType: string; readonly data: unknown } {
  switch (data.type) {
    case 'text':
      return { dataType: 'text', data: data.text };
    case 'json':
      return { dataType: 'json', data: data.value };
    case 'binary':
      return { dataType: 'binary', data: Buffer.from(data.bytes).toString('base64') };
    case 'protobuf':
      return { dataType: 'protobuf', data: Buffer.from(anyBytes(data.any)).toString('base64') };
  }
}
