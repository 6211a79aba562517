import { GexError } from '../errors.js';
import type { AnyMessage } from './any.js';

/**
 * The frames of the Azure Web PubSub subprotocols as values (contract section 5.9), the same for JSON and protobuf.
 * `ignored` stands for what is well formed and of no concern: a type this protocol version does not know.
 */
export type MessageData =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'json'; readonly value: unknown }
  | { readonly type: 'binary'; readonly bytes: Uint8Array }
  | { readonly type: 'protobuf'; readonly any: AnyMessage };

export type ClientMessage =
  | { readonly type: 'joinGroup' | 'leaveGroup'; readonly group: string; readonly ackId?: number }
  | {
      readonly type: 'sendToGroup';
      readonly group: string;
      readonly data: MessageData;
      readonly ackId?: number;
      readonly noEcho?: boolean;
    }
  | { readonly type: 'event'; readonly event: string; readonly data?: MessageData; readonly ackId?: number }
  | { readonly type: 'sequenceAck'; readonly sequenceId: number }
  | { readonly type: 'ping' }
  | { readonly type: 'ignored'; readonly name: string };

export interface AckError {
  /** `Forbidden`, `InternalServerError`, `Duplicate` or `NotFound`. */
  readonly name: string;
  readonly message: string;
}

export interface Connected {
  readonly connectionId: string;
  readonly userId?: string;
  /** Only for reliable subprotocols, and only where recovery keeps the groups. */
  readonly reconnectionToken?: string;
}

export type ServerMessage =
  | ({ readonly type: 'connected' } & Connected)
  | { readonly type: 'disconnected'; readonly message: string }
  | { readonly type: 'ack'; readonly ackId: number; readonly success: boolean; readonly error?: AckError }
  | {
      readonly type: 'message';
      readonly from: string;
      readonly group?: string;
      readonly data: MessageData;
      readonly sequenceId?: number;
    }
  | { readonly type: 'pong' }
  | { readonly type: 'ignored'; readonly name: string };

/** The frame of one group message: the same bytes for all receivers, but for the sequence id of a reliable one. */
export type GroupFrame = (sequenceId?: number) => Uint8Array;

/** One subprotocol. Every method gives or takes whole websocket frames; `decode` throws kind data on a bad one. */
export interface Codec {
  readonly subprotocol: string;
  /** Frames are binary, else text in UTF-8. */
  readonly binary: boolean;
  /** Group messages carry a sequence id, clients acknowledge them. */
  readonly reliable: boolean;
  decode(frame: Uint8Array): ClientMessage;
  connected(connection: Connected): Uint8Array;
  /** Success without `error`. */
  ack(ackId: number, error?: AckError): Uint8Array;
  groupMessage(group: string, payload: AnyMessage): GroupFrame;
  pong(): Uint8Array;
  disconnected(message: string): Uint8Array;
  /** The other end of the line. */
  readonly client: {
    encode(message: ClientMessage): Uint8Array;
    decode(frame: Uint8Array): ServerMessage;
  };
}

/** Largest frame a client may send, in bytes. */
export const MAX_CLIENT_FRAME = 512 * 1024;
/** Largest frame a server may send: what a service keeps for a lost connection. */
export const MAX_SERVER_FRAME = 16 * 1024 * 1024;

/** Throws kind data where a frame is larger than its limit. */
export function checkSize(frame: Uint8Array, maxBytes: number): void {
  if (frame.length <= maxBytes) return;
  throw new GexError('data', `websocket frame: ${frame.length} bytes are more than the ${maxBytes} allowed`);
}
