import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Ctx } from '../io/ctx.js';
import type { Metrics } from './metrics.js';
import type { Peers } from './peers.js';
import type { Replay } from './replay.js';
import type { Signer } from './signer.js';
import type { Sockets } from './sockets/sockets.js';
import type { Sync } from './sync.js';

/** How the archive is handed out. */
export interface HistoryOptions {
  /** Milliseconds a link to a file is good for. */
  readonly linkLifeMs: number;
  /** Days before today that links are given for; 0: all. */
  readonly windowDays: number;
}

/** What every handler works on. */
export interface ServerState {
  readonly replay: Replay;
  readonly metrics: Metrics;
  readonly signer: Signer;
  readonly history: HistoryOptions;
  /** Absent when WebSockets are turned off. */
  readonly sockets?: Sockets;
  /** Absent unless turned on. */
  readonly sync?: Sync;
  /** Absent where this process is the whole server. */
  readonly peers?: Peers;
  readonly ctx: Ctx;
}

/** One request after its key and parameters have been checked. */
export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Empty on routes that need no key. */
  readonly apiKey: string;
  readonly state: ServerState;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** `key`: an API key; `admin`: changes the server, so guarded against browsers and, beyond loopback, by a token. */
export type Access = 'public' | 'key' | 'admin';

export interface AnswerDoc {
  readonly description: string;
  /** Undefined: the body is not JSON. */
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

/**
 * One route: it is mounted at `path` and `/v2` + path, validated by its schemas, and documented, all from this row.
 * `handle` returns the JSON answer, or sends through `reply` and returns it.
 */
export interface RouteRow<P = unknown, Q = unknown, B = unknown> {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** With `{name}` parameters, as OpenAPI writes them. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  readonly answer: AnswerDoc;
  /** Moves through records, so that there is nothing for it to do where the newest ones are served live. */
  readonly replayOnly?: boolean;
  /** `handle` sees to compression (or to none); other answers are compressed when the client asks for it. */
  readonly packsItself?: boolean;
  /** Further statuses and when they come; 400 and 401 of keys, parameters and tokens go without saying. */
  readonly refusals?: Readonly<Record<number, string>>;
  handle(call: Call<P, Q, B>): unknown;
  /** What this process adds to an answer that all processes give together; `collective` makes such rows. */
  part?(call: Pick<Call<P, Q, B>, 'query' | 'body' | 'state'>): unknown;
}

/** Types a row by its schemas. */
export function route<P = unknown, Q = unknown, B = unknown>(row: RouteRow<P, Q, B>): RouteRow {
  return row as RouteRow;
}
