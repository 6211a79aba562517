import { timingSafeEqual } from 'node:crypto';
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Peers, Question, Reloaded } from '../peers.js';
import type { Channel } from './channel.js';
import { forward, SECRET_HEADER } from './forward.js';
import { homeOf } from './home.js';
import { addressOf } from './place.js';
import type { PrimaryTasks, Setup, WorkerTasks } from './protocol.js';
import { tunnel } from './tunnel.js';

/** Shorter than a server keeps an idle connection: this end closes first, so no request is sent into a closing one. */
const IDLE_MS = 30_000;

/** The other workers, as one of them sees them. */
export class Link implements Peers {
  readonly count: number;
  readonly #setup: Setup;
  readonly #channel: Channel<WorkerTasks, PrimaryTasks>;
  readonly #clients = new WeakSet<Socket>();
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  readonly #secret: Buffer;

  constructor(setup: Setup, channel: Channel<WorkerTasks, PrimaryTasks>) {
    this.count = setup.count;
    this.#setup = setup;
    this.#channel = channel;
    this.#secret = Buffer.from(setup.secret);
  }

  /** Notes a connection that came in by the public address. */
  welcome(socket: Socket): void {
    this.#clients.add(socket);
  }

  trusts(request: IncomingMessage): boolean {
    if (this.#clients.has(request.socket)) return true;
    const given = Buffer.from(String(request.headers[SECRET_HEADER] ?? ''));
    return given.length === this.#secret.length && timingSafeEqual(given, this.#secret);
  }

  isHome(apiKey: string): boolean {
    return homeOf(apiKey, this.count) === this.#setup.index;
  }

  forward(apiKey: string, request: IncomingMessage, response: ServerResponse): void {
    forward(request, response, { ...this.#way(apiKey), agent: this.#agent });
  }

  tunnel(apiKey: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    tunnel(request, { socket, head }, this.#way(apiKey));
  }

  ask(question: Question, apiKey?: string): Promise<readonly unknown[]> {
    return this.#channel.ask('ask', { question, ...(apiKey !== undefined && { apiKey }) });
  }

  reload(date: string): Promise<Reloaded | undefined> {
    return this.#channel.ask('reload', date);
  }

  takeSeat(): Promise<boolean> {
    return this.#channel.ask('takeSeat', undefined);
  }

  leaveSeat(): void {
    this.#channel.tell('leaveSeat', undefined);
  }

  close(): void {
    this.#agent.destroy();
  }

  #way(apiKey: string): { readonly socketPath: string; readonly secret: string } {
    const { folder, secret } = this.#setup;
    return { socketPath: addressOf(folder, homeOf(apiKey, this.count)), secret };
  }
}
