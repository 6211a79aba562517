import type { Socket } from 'node:net';
import { type ErrorKind, GexError } from '../../errors.js';

// biome-ignore lint/suspicious/noExplicitAny: each task has an argument of its own
type Task = (argument: any, socket?: Socket) => unknown;

/** What one end does for the other, by name. */
type Tasks<T> = { readonly [K in keyof T]: Task };

type Argument<T extends Task> = Parameters<T>[0];
type Answer<T extends Task> = Awaited<ReturnType<T>>;

/** An error on its way to another process. */
interface Fault {
  readonly kind: ErrorKind | undefined;
  readonly message: string;
  readonly details: readonly string[];
  readonly stack: string | undefined;
}

/** `task`: one end wants something, with an answer where there is an `id`; else the answer to an earlier `id`. */
interface Packet {
  readonly id?: number;
  readonly task?: string;
  readonly argument?: unknown;
  readonly answer?: unknown;
  readonly fault?: Fault;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** A child process, or the process itself as its parent sees it. */
interface Port {
  readonly connected: boolean;
  on(event: 'message', receive: (packet: unknown, socket: unknown) => void): unknown;
  send?(packet: Packet, socket: Socket | undefined, options: object, sent: (error: Error | null) => void): boolean;
}

/**
 * Tasks between a process and one it forked, over their private channel: errors keep their kind, sockets can go along.
 * The fork must use advanced serialization.
 */
export class Channel<Own extends Tasks<Own>, Theirs extends Tasks<Theirs>> {
  readonly #port: Port;
  readonly #own: Readonly<Record<string, Task>>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | undefined;

  constructor(port: Port, own: Own) {
    this.#port = port;
    this.#own = { ...own };
    port.on('message', (packet: unknown, socket: unknown) => {
      this.#receive(packet as Packet, socket as Socket | undefined);
    });
  }

  /** What the other end answers. Rejects with its error, or when it has ended. */
  ask<K extends keyof Theirs & string>(task: K, argument: Argument<Theirs[K]>): Promise<Answer<Theirs[K]>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      this.#send({ id, task, argument });
    });
  }

  /** Without an answer. `sent` is called when the other end has it, or never will (with an error). */
  tell<K extends keyof Theirs & string>(
    task: K,
    argument: Argument<Theirs[K]>,
    along?: { readonly socket: Socket; readonly sent: (error: Error | null) => void },
  ): void {
    this.#send({ task, argument }, along?.socket, along?.sent);
  }

  /** The other end is gone: whoever waits for it hears this. */
  end(why: Error): void {
    this.#ended = why;
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#waiting.clear();
  }

  #send(packet: Packet, socket?: Socket, sent: (error: Error | null) => void = () => {}): void {
    // An end that is gone is told by its exit, not by each message that does not reach it.
    if (this.#port.connected) this.#port.send?.(packet, socket, {}, sent);
    else sent(new Error('the channel is closed'));
  }

  #receive({ id, task, argument, answer, fault }: Packet, socket: Socket | undefined): void {
    if (task !== undefined) return void this.#perform(task, { argument, socket, id });
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (fault === undefined) waiting?.resolve(answer);
    else waiting?.reject(errorOf(fault));
  }

  async #perform(
    task: string,
    { argument, socket, id }: { argument: unknown; socket: Socket | undefined; id: number | undefined },
  ): Promise<void> {
    const perform = this.#own[task];
    if (perform === undefined) throw new Error(`the other process asks for an unknown task ${task}`);
    if (id === undefined) return void perform(argument, socket);
    try {
      this.#send({ id, answer: await perform(argument) });
    } catch (error) {
      this.#send({ id, fault: faultOf(error) });
    }
  }
}

function faultOf(error: unknown): Fault {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const known = error instanceof GexError ? error : undefined;
  return { kind: known?.kind, message, details: known?.details ?? [], stack };
}

function errorOf({ kind, message, details, stack }: Fault): Error {
  if (kind !== undefined) return new GexError(kind, message, { details });
  return Object.assign(new Error(message), { stack });
}
