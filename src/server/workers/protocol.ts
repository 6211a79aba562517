import type { Socket } from 'node:net';
import type { SpecialDay } from '../../core/special-days.js';
import type { LogFields } from '../../io/ctx.js';
import type { ServerOptions } from '../assemble.js';
import type { Question, Reloaded } from '../peers.js';

/** How a worker is to serve. */
export interface Setup {
  readonly options: ServerOptions;
  /** From 0. */
  readonly index: number;
  /** Workers of the server. */
  readonly count: number;
  /** Holds the address of every worker; nobody but this user may enter. */
  readonly folder: string;
  /** Of the calendar, over the known ones. */
  readonly specialDays: readonly SpecialDay[];
  /** Known to the processes of this run only. */
  readonly secret: string;
}

/** What a worker has loaded. */
export interface Loaded {
  readonly date: string;
  readonly files: number;
  readonly tickers: readonly string[];
}

/** What the first process asks of a worker. */
export interface WorkerTasks {
  /** Loads the day and waits for connections. */
  start(setup: Setup): Promise<Loaded>;
  /** A client's connection with the bytes it has sent. */
  connection(bytes: Uint8Array, socket?: Socket): void;
  /** Its part in an answer that all workers give. */
  part(question: Question): Promise<unknown>;
  /** The steps of a reload, see `Replay`. */
  load(date: string): Promise<void>;
  settle(nothing: undefined): Promise<void>;
  clear(nothing: undefined): Promise<void>;
  swap(loadedAtMs: number): Promise<Loaded>;
  abandon(nothing: undefined): Promise<void>;
  /** Finishes what is under way and resolves when nothing is left. */
  stop(nothing: undefined): Promise<void>;
}

/** What a worker asks of the first process. */
export interface PrimaryTasks {
  ask(asked: { readonly question: Question; readonly apiKey?: string }): Promise<readonly unknown[]>;
  reload(date: string): Promise<Reloaded | undefined>;
  takeSeat(nothing: undefined): boolean;
  leaveSeat(nothing: undefined): void;
  /** So many connections it was given have ended. */
  closed(count: number): void;
  log(line: LogLine): void;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields | undefined;
}
