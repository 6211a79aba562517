import type { AnyFields } from './any.js';
import { type MessageType, messageType } from './messages.js';

/** A uint64 as protobufjs reads it; written as a number. */
export type Uint64 = number | { toNumber(): number };

export interface DataFields {
  readonly textData?: string;
  readonly binaryData?: Uint8Array;
  readonly protobufData?: AnyFields | null;
}

interface GroupFields {
  readonly group: string;
  readonly ackId?: Uint64 | null;
}

/** Fields of a oneof that are absent read as null or undefined. */
interface UpstreamFields {
  readonly sendToGroupMessage?:
    | (GroupFields & { readonly data?: DataFields | null; readonly noEcho?: boolean | null })
    | null;
  readonly eventMessage?: {
    readonly event: string;
    readonly data?: DataFields | null;
    readonly ackId?: Uint64 | null;
  } | null;
  readonly joinGroupMessage?: GroupFields | null;
  readonly leaveGroupMessage?: GroupFields | null;
  readonly sequenceAckMessage?: { readonly sequenceId: Uint64 } | null;
  readonly pingMessage?: object | null;
}

interface DataMessageFields {
  readonly from: string;
  readonly group?: string | null;
  readonly data?: DataFields | null;
  readonly sequenceId?: Uint64;
}

interface DownstreamFields {
  readonly ackMessage?: {
    readonly ackId: Uint64;
    readonly success: boolean;
    readonly error?: { readonly name: string; readonly message: string } | null;
  } | null;
  readonly dataMessage?: DataMessageFields | null;
  readonly systemMessage?: {
    readonly connectedMessage?: {
      readonly connectionId: string;
      readonly userId?: string;
      readonly reconnectionToken?: string;
    } | null;
    readonly disconnectedMessage?: { readonly reason: string } | null;
  } | null;
  readonly pongMessage?: object | null;
}

export const UPSTREAM: MessageType<UpstreamFields> = messageType('azure.webpubsub.v1.UpstreamMessage');
export const DOWNSTREAM: MessageType<DownstreamFields> = messageType('azure.webpubsub.v1.DownstreamMessage');
export const DATA: MessageType<DataMessageFields> = messageType('azure.webpubsub.v1.DataMessage');
