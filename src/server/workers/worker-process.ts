import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Channel } from './channel.js';
import type { PrimaryTasks, WorkerTasks } from './protocol.js';

/** The compiled file, or the source where that is what runs. */
const ENTRY = fileURLToPath(new URL(`./entry${extname(import.meta.url)}`, import.meta.url));

/** A worker as the first process sees it. */
export class WorkerProcess {
  readonly index: number;
  readonly channel: Channel<PrimaryTasks, WorkerTasks>;
  readonly startedMs: number;
  /** How it ended, such as `killed by SIGKILL`. */
  readonly ended: Promise<string>;
  /** Whether it serves. */
  ready = false;
  /** Clients' connections it has. */
  connections = 0;
  /** WebSocket connections it has. */
  seats = 0;
  readonly #child: ChildProcess;
  readonly #handing = new Set<Socket>();

  /** `tasksFor` makes what the worker may ask for. */
  constructor(index: number, tasksFor: (worker: WorkerProcess) => PrimaryTasks, nowMs: number) {
    this.index = index;
    this.startedMs = nowMs;
    this.#child = fork(ENTRY, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.channel = new Channel(this.#child, tasksFor(this));
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.ready = false;
        this.connections = 0;
        this.seats = 0;
        this.channel.end(new Error(`worker ${this.name} ended: ${how}`));
        for (const socket of this.#handing) socket.destroy();
        resolve(how);
      };
      this.#child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `killed by ${signal}`));
      this.#child.once('error', (error) => end(error.message));
    });
  }

  /** As people count: from 1. */
  get name(): number {
    return this.index + 1;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Gives it a client's connection with the bytes read from it. */
  hand(socket: Socket, bytes: Buffer): void {
    this.connections += 1;
    this.#handing.add(socket);
    const sent = (error: Error | null): void => {
      this.#handing.delete(socket);
      if (error !== null) socket.destroy();
    };
    this.channel.tell('connection', bytes, { socket, sent });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
