import type { Server } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { maskKey } from '../auth.js';
import type { Replay } from '../replay.js';
import { Audiences } from './audiences.js';
import { KeptFrames } from './backlog.js';
import { type CommandRules, isCommand, obey } from './commands.js';
import { CLOSE, type Closing, Connection } from './connection.js';
import { Figures } from './figures.js';
import { type Entry, Gate, type GateRules } from './gate.js';
import { Hazards } from './hazards.js';
import { Passes, type PassOptions } from './passes.js';
import { hubNames, type Plan } from './plan.js';
import { type Session, Sessions } from './sessions.js';
import { Streamer } from './streamer.js';
import type { Generation } from './tokens.js';

export interface SocketSettings {
  /** Milliseconds between two ticks. */
  readonly intervalMs: number;
  /** What the names of groups start with, before an underscore. */
  readonly prefix: string;
  /** Memberships of a session, groups of a connection. */
  readonly groupLimit: number;
  readonly tokenLifetimeMs: number;
  readonly maxClients: number;
}

interface SocketOptions extends SocketSettings, GateRules, PassOptions {
  /** API keys whose negotiated sessions are remembered. */
  readonly maxKeys: number;
}

/** A lost reliable connection keeps its groups and messages this long (contract section 5.9). */
const RECOVERY_MS = 30_000;
/** A client that answers no ping is cut within twice this. */
const PING_MS = 30_000;
/** A command is obeyed after this: the official Python client may miss an ack that comes at once (section 5.10). */
const ACK_DELAY_MS = 5;
/** How long clients have to answer the closing handshake when the server stops. */
const CLOSING_MS = 1_000;

/** The WebSocket side of the server: hubs, sessions, connections and the loop that feeds them (contract section 5). */
export class Sockets {
  readonly options: SocketOptions;
  readonly figures = new Figures();
  readonly #ctx: Ctx;
  readonly #passes: Passes;
  readonly #sessions: Sessions;
  readonly #audiences = new Audiences();
  readonly #streamer: Streamer;
  readonly #hazards: Hazards;
  readonly #rules: CommandRules;
  readonly #connections = new Map<string, Connection>();
  /** Reliable connections without a socket, the longest lost first, and how to stop waiting for them. */
  readonly #lost = new Map<Connection, AbortController>();
  readonly #frames = new KeptFrames(() => this.#giveUpOne());
  #gate: Gate | undefined;
  #loops: AbortController | undefined;

  constructor(options: SocketOptions, replay: Replay, ctx: Ctx) {
    this.options = options;
    this.#ctx = ctx;
    this.#sessions = new Sessions(options.maxKeys);
    this.#passes = new Passes(options, this.#sessions, ctx.clock);
    this.#hazards = new Hazards(replay.faults, ctx);
    this.#streamer = new Streamer(replay, this.#audiences, this.figures, ctx);
    this.#rules = { audiences: this.#audiences, groupLimit: options.groupLimit, prefix: options.prefix };
  }

  /** Takes over the upgrades of a server. */
  listen(server: Server): void {
    this.#gate = new Gate(server, this.options, {
      ownerOf: (target) => this.#passes.ownerOf(target),
      claimsFor: (target) => this.#passes.claimsFor(target),
      enter: (socket, entry) => this.#enter(socket, entry),
    });
  }

  /** One URL per hub; without a generation those of the key's session, whose groups the server joins. */
  urls(apiKey: string, base: string, generation?: Generation): Record<string, string> {
    const joins = generation === undefined;
    return this.#passes.urls({ apiKey, generation: generation ?? this.generationOf(apiKey), joins }, base);
  }

  /** Starts a session of an API key; whoever is connected with that key is sent away. */
  open(apiKey: string, plan: Plan): void {
    this.#sessions.open(apiKey, plan);
    for (const connection of [...this.#connections.values()]) {
      if (connection.apiKey === apiKey) connection.end(CLOSE.policy, 'replaced by a newer session of this key');
    }
  }

  /** The generation of a key's session. Throws `usage` when it has none. */
  generationOf(apiKey: string): Generation {
    return this.#sessionOf(apiKey).plan.generation;
  }

  /** Replaces the memberships of a key's session, all or none. Throws `usage` when a hub has no live connection. */
  replace(apiKey: string, plan: Plan): Record<string, number> {
    const session = this.#sessionOf(apiKey);
    const own = [...this.#connections.values()].filter((connection) => connection.session === session);
    const idle = [...plan.memberships.keys()].filter((hub) => !own.some((one) => one.hub === hub && one.attached));
    if (idle.length > 0) throw new GexError('usage', `No live connection on ${idle.join(', ')}: connect there first.`);
    session.plan = plan;
    for (const connection of own) this.#applySession(connection);
    return Object.fromEntries(hubNames(plan.generation).map((hub) => [hub, plan.memberships.get(hub)?.size ?? 0]));
  }

  /** Connected clients of every hub that has any. */
  clients(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { hub, attached } of this.#connections.values()) {
      if (attached) counts.set(hub, (counts.get(hub) ?? 0) + 1);
    }
    return counts;
  }

  /** Tells every client that the server goes away and waits a second for their farewells. */
  async close(): Promise<void> {
    this.#gate?.close();
    for (const connection of [...this.#connections.values()]) connection.end(CLOSE.goingAway, 'the server is stopping');
    const open = [...(this.#gate?.clients ?? [])];
    if (open.length === 0) return;
    const timer = new AbortController();
    const gone = Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    await Promise.race([gone, this.#ctx.clock.sleep(CLOSING_MS, timer.signal).catch(() => {})]);
    timer.abort();
    for (const socket of open) socket.terminate();
  }

  #sessionOf(apiKey: string): Session {
    const session = this.#sessions.of(apiKey);
    if (session === undefined) throw new GexError('usage', 'The key has no session: start one with POST /negotiate.');
    return session;
  }

  #enter(socket: WebSocket, entry: Entry): void {
    socket.on('error', (error) => this.#ctx.log.debug('socket error', { hub: entry.target.hub, error }));
    const connection = entry.target.recovery === undefined ? this.#begin(entry) : this.#recover(entry);
    if (connection === undefined) return void socket.close(CLOSE.policy, 'the connection cannot be recovered');
    socket.on('pong', () => {
      connection.alive = true;
    });
    socket.on('message', (data, binary) => this.#receive(connection, data, binary));
    socket.on('close', (code) => connection.detach(socket, code === CUT));
    connection.attach(socket);
    this.#run();
  }

  #begin({ target: { hub }, claims, codec }: Entry): Connection {
    const { apiKey } = claims;
    const session = claims.joins ? this.#sessions.of(apiKey) : undefined;
    const userId = this.#passes.userOf(apiKey);
    const identity = {
      apiKey,
      hub,
      codec,
      userId,
      hazards: this.#hazards,
      frames: this.#frames,
      ...(session && { session }),
    };
    const connection = new Connection(identity, (why) => this.#closed(connection, why));
    this.#connections.set(connection.id, connection);
    this.#applySession(connection);
    this.#ctx.log.debug('socket opened', { hub, key: maskKey(apiKey), subprotocol: codec.subprotocol });
    return connection;
  }

  #recover({ target: { hub, recovery }, claims, codec }: Entry): Connection | undefined {
    const connection = this.#connections.get(recovery?.connectionId ?? '');
    if (connection === undefined || !connection.recoverableWith(recovery?.token ?? '')) return undefined;
    if (connection.hub !== hub || connection.apiKey !== claims.apiKey || connection.codec !== codec) return undefined;
    this.#lost.get(connection)?.abort();
    this.#lost.delete(connection);
    this.#ctx.log.debug('socket recovered', { hub, key: maskKey(connection.apiKey) });
    return connection;
  }

  #applySession(connection: Connection): void {
    const { session, hub } = connection;
    if (session === undefined) return;
    const groups = session.plan.memberships.get(hub) ?? new Set<string>();
    const wanted = new Set([...groups].map((group) => `${this.options.prefix}_${group}`));
    for (const name of [...connection.groups]) if (!wanted.has(name)) this.#audiences.leave(connection, name);
    for (const name of wanted) this.#audiences.join(connection, name);
  }

  #receive(connection: Connection, data: RawData, binary: boolean): void {
    connection.alive = true;
    const { codec } = connection;
    try {
      if (binary !== codec.binary) {
        throw new GexError('data', `Frames of ${codec.subprotocol} are ${codec.binary ? 'binary' : 'text'}.`);
      }
      const message = codec.decode(data as Buffer);
      if (message.type === 'ping') return void connection.write(codec.pong());
      if (message.type === 'sequenceAck') return void connection.acknowledge(message.sequenceId);
      if (!isCommand(message)) return;
      this.#ctx.clock
        .sleep(ACK_DELAY_MS)
        .then(() => connection.attached && obey(connection, message, this.#rules))
        .catch((error: unknown) => this.#ctx.log.error('a command failed', { hub: connection.hub, error }));
    } catch (error) {
      if (!(error instanceof GexError)) throw error;
      connection.end(CLOSE.policy, error.message);
    }
  }

  #closed(connection: Connection, { final, fault, reason }: Closing): void {
    const about = { hub: connection.hub, key: maskKey(connection.apiKey), reason };
    if (fault) this.figures.dropped += 1;
    if (fault) this.#ctx.log.warn('socket dropped', about);
    else this.#ctx.log.debug('socket closed', about);
    if (!final) return void this.#awaitRecovery(connection);
    this.#lost.get(connection)?.abort();
    this.#lost.delete(connection);
    this.#audiences.leaveAll(connection);
    this.#connections.delete(connection.id);
    if (this.#connections.size === 0) this.#loops?.abort();
  }

  #awaitRecovery(connection: Connection): void {
    const timer = new AbortController();
    this.#lost.set(connection, timer);
    this.#ctx.clock.sleep(RECOVERY_MS, timer.signal).then(
      () => connection.end(CLOSE.policy, 'not recovered in time'),
      () => {},
    );
  }

  #giveUpOne(): boolean {
    const [longest] = this.#lost.keys();
    longest?.end(CLOSE.policy, 'given up for newer connections');
    return longest !== undefined;
  }

  /** Ticks and pings as long as anybody is connected. */
  #run(): void {
    if (this.#loops?.signal.aborted === false) return;
    const loops = new AbortController();
    this.#loops = loops;
    const { signal } = loops;
    for (const loop of [this.#streamer.run(this.options.intervalMs, signal), this.#ping(signal)]) {
      loop.catch((error: unknown) => {
        if (!signal.aborted) this.#ctx.log.error('a socket loop ended', { error });
        loops.abort();
      });
    }
  }

  async #ping(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#ctx.clock.sleep(PING_MS, signal);
      for (const connection of this.#connections.values()) connection.checkLife();
    }
  }
}

/** The close code of a connection that ended without a closing handshake. */
const CUT = 1006;
