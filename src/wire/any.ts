import { messageType } from './messages.js';

/** A `google.protobuf.Any`: the name of a type and its bytes (on GexBot's hubs a zstd frame). */
export interface AnyMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** The same as protobuf names its fields. */
export interface AnyFields {
  readonly type_url: string;
  readonly value: Uint8Array;
}

const ANY = messageType<AnyFields>('google.protobuf.Any');

export function anyFields({ typeUrl, value }: AnyMessage): AnyFields {
  return { type_url: typeUrl, value };
}

export function anyOfFields(fields: AnyFields): AnyMessage {
  return { typeUrl: fields.type_url, value: fields.value };
}

/** The bytes of an Any. */
export function anyBytes(any: AnyMessage): Uint8Array {
  return ANY.encode(anyFields(any));
}

/** The Any of bytes, as views of them; kind data when they are none. */
export function parseAny(bytes: Uint8Array): AnyMessage {
  return anyOfFields(ANY.decode(bytes));
}
