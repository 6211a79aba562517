import type { Codec } from './pubsub.js';
import { jsonCodec } from './pubsub-json.js';
import { protobufCodec } from './pubsub-protobuf.js';

/** The subprotocols a hub speaks. */
export const CODECS: readonly Codec[] = [jsonCodec(true), jsonCodec(false), protobufCodec(true), protobufCodec(false)];

/** The subprotocol by the name a client asks for in its handshake; undefined when the hubs do not speak it. */
export function codecNamed(subprotocol: string): Codec | undefined {
  return CODECS.find((codec) => codec.subprotocol === subprotocol);
}
