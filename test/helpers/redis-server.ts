import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { it, onTestFinished } from 'vitest';

/** Whether Redis is installed here; without it the tests of a file are skipped with a line. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export function sayWithoutRedis(): void {
  if (!hasRedis) it.skip('redis-server is not installed: its tests are skipped', () => {});
}

/** An entry of a stream. */
interface Entry {
  readonly key: string;
  readonly data: string;
}

/** A Redis server of the running test's own, which can go away and come back. */
export class RedisServer {
  readonly #port: number;
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.#port = port;
    this.#options = options;
  }

  static async start(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.start();
    onTestFinished(() => server.stop());
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const settings = ['--port', String(this.#port), '--save', '', '--appendonly', 'no', ...this.#options];
    const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    for await (const line of createInterface(child.stdout)) if (line.includes('Ready to accept')) return;
    throw new Error(`redis-server ended at port ${this.#port}`);
  }

  /** Ends it, with everything it held. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Answers nobody, and keeps its connections, until it is `thaw`ed. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** What one call of a client's comes to. */
  async ask<T>(call: (redis: Redis) => Promise<T>, password?: string): Promise<T> {
    const redis = new Redis(this.#port, '127.0.0.1', password === undefined ? {} : { password });
    try {
      return await call(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** What a stream holds. */
  async entries(topic: string): Promise<Entry[]> {
    const rows = await this.ask((redis) => redis.xrange(topic, '-', '+'));
    return rows.map(([, fields]) => {
      if (fields[0] !== 'key' || fields[2] !== 'data') throw new Error(`fields ${fields.join()}`);
      return { key: fields[1] as string, data: fields[3] as string };
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
