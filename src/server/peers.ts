import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Soon } from './positions.js';

/** A question about the whole server: the route it came in by, and what it said. */
export interface Question {
  /** Method and path of the route's row. */
  readonly route: string;
  readonly query: unknown;
  readonly body: unknown;
}

/** What a reload did, told by whoever saw to it. */
export interface Reloaded {
  readonly previousDate: string;
  readonly date: string;
  readonly loadedAtMs: number;
  readonly files: number;
}

/** The other processes of this server: every API key has one that it belongs to, its home. */
export interface Peers {
  readonly count: number;
  /** Whether a request came from a client, or from a process of this server. */
  trusts(request: IncomingMessage): boolean;
  /** Whether this process is the home of a key. */
  isHome(apiKey: string): boolean;
  /** Answers with what the home of the key answers. */
  forward(apiKey: string, request: IncomingMessage, response: ServerResponse): void;
  /** Lets the home of the key take the upgrade of a connection. */
  tunnel(apiKey: string, request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** What the home of a key answers, or every process (no key), in their order. */
  ask(question: Question, apiKey?: string): Promise<readonly unknown[]>;
  /** Replays another day everywhere, or nowhere. Undefined while another reload is under way. */
  reload(date: string): Promise<Reloaded | undefined>;
  /** One of the WebSocket connections that all processes may have together; false: none is left. */
  takeSeat(): Soon<boolean>;
  leaveSeat(): void;
}
