import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { overrideCalendar } from '../../core/calendar.js';
import { type Ctx, type LogFields, systemClock } from '../../io/ctx.js';
import { type Assembled, assembleServer } from '../assemble.js';
import { answerPart } from '../collective.js';
import type { Question } from '../peers.js';
import { ROUTES } from '../routes.js';
import { Channel } from './channel.js';
import { Link } from './link.js';
import { addressOf } from './place.js';
import type { Loaded, LogLine, PrimaryTasks, Setup, WorkerTasks } from './protocol.js';

/** One worker: a whole server, whose connections come from the first process and from the other workers. */
export class Worker {
  readonly #channel: Channel<WorkerTasks, PrimaryTasks>;
  readonly #abort = new AbortController();
  #setup: Setup | undefined;
  #link: Link | undefined;
  #server: Assembled | undefined;
  #closed = 0;

  constructor() {
    const tasks: WorkerTasks = {
      start: (setup) => this.#start(setup),
      connection: (bytes, socket) => this.#receive(bytes, socket),
      part: (question) => this.#part(question),
      load: async (date) => void (await this.#replay.load(date)),
      settle: () => this.#replay.settle(),
      clear: () => this.#replay.clear(),
      swap: async (loadedAtMs) => {
        await this.#replay.swap(loadedAtMs);
        return this.#loaded();
      },
      abandon: () => this.#replay.abandon(),
      stop: () => this.#stop(),
    };
    this.#channel = new Channel(process, tasks);
  }

  /** Where the addresses of the workers are, once that is known. */
  get folder(): string | undefined {
    return this.#setup?.folder;
  }

  /** Tells something to the log of the server. */
  log(level: LogLine['level'], message: string, fields?: LogFields): void {
    this.#channel.tell('log', { level, message, fields: fields && plain(fields) });
  }

  async #start(setup: Setup): Promise<Loaded> {
    overrideCalendar(setup.specialDays);
    const link = new Link(setup, this.#channel);
    this.#setup = setup;
    this.#link = link;
    this.#server = await assembleServer(setup.options, this.#ctx(), link);
    const path = addressOf(setup.folder, setup.index);
    await rm(path, { force: true }); // of the worker before
    await this.#server.app.listen({ path });
    return this.#loaded();
  }

  get #assembled(): Assembled {
    if (this.#server === undefined) throw new Error('the worker has not started');
    return this.#server;
  }

  get #replay() {
    return this.#assembled.state.replay;
  }

  #loaded(): Loaded {
    const { date, files, tickers } = this.#replay.session.library;
    return { date, files, tickers };
  }

  #part(question: Question): Promise<unknown> {
    return answerPart(ROUTES, question, this.#assembled.state);
  }

  /** Goes on with a client's connection as if it had been accepted here. */
  #receive(bytes: Uint8Array, socket: Socket | undefined): void {
    if (socket === undefined) return void this.#count(); // it was closed on its way
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#count());
    this.#link?.welcome(socket);
    socket.unshift(bytes);
    this.#assembled.app.server.emit('connection', socket);
  }

  /** Connections that end together are told together. */
  #count(): void {
    this.#closed += 1;
    if (this.#closed > 1) return;
    setImmediate(() => {
      this.#channel.tell('closed', this.#closed);
      this.#closed = 0;
    });
  }

  async #stop(): Promise<void> {
    this.#abort.abort(new Error('the server is stopping'));
    await this.#server?.close();
    this.#link?.close();
  }

  #ctx(): Ctx {
    const at = (level: LogLine['level']) => (message: string, fields?: LogFields) => this.log(level, message, fields);
    const progress = { start: () => ({ advance: () => {}, done: () => {} }) };
    return {
      log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
      clock: systemClock,
      signal: this.#abort.signal,
      progress,
    };
  }
}

/** Fields that can go to another process. */
function plain(fields: LogFields): LogFields {
  const text = (value: unknown): unknown => (value instanceof Error ? value.message : value);
  return JSON.parse(JSON.stringify(fields, (_name, value) => text(value)));
}
