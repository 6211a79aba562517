import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { codecNamed } from '../../../src/wire/codecs.js';
import type { ClientMessage, Codec, ServerMessage } from '../../../src/wire/pubsub.js';
import { bearer, serve } from '../fixture.js';

export const SUBPROTOCOLS = [
  'json.webpubsub.azure.v1',
  'json.reliable.webpubsub.azure.v1',
  'protobuf.webpubsub.azure.v1',
  'protobuf.reliable.webpubsub.azure.v1',
] as const;

export const SOCKETS = {
  intervalMs: 20,
  prefix: 'blue',
  groupLimit: 150,
  tokenLifetimeMs: 900_000,
  maxClients: 100,
} as const;

type Server = Awaited<ReturnType<typeof serve>>;

/** A server whose hubs tick every 20 ms. */
export function serveSockets(
  settings: Partial<Record<keyof typeof SOCKETS, number | string>> = {},
  options: Parameters<typeof serve>[0] = {},
): Promise<Server> {
  return serve({ ...options, sockets: { ...SOCKETS, ...settings } as never });
}

export async function negotiate(server: Server, key?: string): Promise<Record<string, string>> {
  return (await server.get('/v2/negotiate', bearer(key))).json.websocket_urls;
}

/** A raw client of one hub that keeps every frame it gets and hands them out in order. */
export class RawClient {
  readonly socket: WebSocket;
  readonly codec: Codec;
  /** Whether each frame came as a binary one, in order. */
  readonly binaries: boolean[] = [];
  readonly #frames: Buffer[] = [];
  readonly #closed: Promise<readonly [number, string]>;
  #wake = (): void => {};

  constructor(url: string, protocols: string | string[] = SUBPROTOCOLS[0], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('error', () => {});
    this.codec = codecNamed(typeof protocols === 'string' ? protocols : (protocols[0] ?? '')) as Codec;
    this.socket.on('message', (data: RawData, binary) => {
      this.binaries.push(binary);
      this.#frames.push(data as Buffer);
      this.#wake();
    });
    this.#closed = once(this.socket, 'close').then(([code, reason]) => [code as number, String(reason)] as const);
    this.#closed.then(() => this.#wake());
    onTestFinished(() => this.socket.terminate());
  }

  /** The next frame; undefined when the connection has closed and none is left. */
  async frame(): Promise<Buffer | undefined> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined || this.socket.readyState === WebSocket.CLOSED) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async message(): Promise<ServerMessage> {
    const frame = await this.frame();
    if (frame === undefined) throw new Error(`closed: ${(await this.closed()).join(' ')}`);
    return this.codec.client.decode(frame);
  }

  /** The next message of a type; others before it are dropped. */
  async next<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>> {
    for (;;) {
      const message = await this.message();
      if (message.type === type) return message as Extract<ServerMessage, { type: T }>;
    }
  }

  send(message: ClientMessage): void {
    this.socket.send(this.codec.client.encode(message), { binary: this.codec.binary });
  }

  async join(group: string, ackId: number): Promise<Extract<ServerMessage, { type: 'ack' }>> {
    this.send({ type: 'joinGroup', group, ackId });
    return this.next('ack');
  }

  closed(): Promise<readonly [number, string]> {
    return this.#closed;
  }
}

/** Connects and reads the greeting. */
export async function connectTo(url: string | undefined, protocol: string = SUBPROTOCOLS[0]): Promise<RawClient> {
  const client = new RawClient(url ?? 'no URL', protocol);
  await client.next('connected');
  return client;
}

/** The HTTP answer of an upgrade that is refused. */
export async function refusalOf(
  url: string,
  options: ClientOptions = {},
  protocol: string = SUBPROTOCOLS[0],
): Promise<{ readonly status: number; readonly error: string }> {
  const socket = new WebSocket(url, protocol, options);
  socket.on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, error: JSON.parse(text).error };
}
