import protobuf from 'protobufjs/light.js';
import { GexError } from '../errors.js';
import { DESCRIPTOR } from './descriptor.js';

const root = protobuf.Root.fromJSON(DESCRIPTOR);

/** One message of proto/*.proto to and from bytes; fields are named in camel case, zeros are left out. */
export interface MessageType<Message extends object> {
  encode(message: Message): Uint8Array;
  /** Unknown fields are skipped; bytes that are not this message are an error of kind data. */
  decode(bytes: Uint8Array): Message;
  /** Names of the fields by their numbers. */
  readonly fieldNames: ReadonlyMap<number, string>;
}

/** The message `name`, such as `gex_profile.Gex`; `Message` is what proto/ says of it. */
export function messageType<Message extends object>(name: string): MessageType<Message> {
  const type = root.lookupType(name);
  return {
    encode: (message) => type.encode(message as Record<string, unknown>).finish(),
    decode: (bytes) => {
      try {
        return type.decode(bytes) as unknown as Message;
      } catch (cause) {
        throw new GexError('data', `${bytes.length} bytes are not a protobuf message ${name}: ${reasonOf(cause)}`, {
          cause,
        });
      }
    },
    fieldNames: new Map(type.fieldsArray.map((field) => [field.id, field.name])),
  };
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
