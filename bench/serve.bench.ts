// The cost of replayed records against the plainest servers of the same bytes, all in one process and one run; the load
// comes from another process over 127.0.0.1. Compared is the processor time per answer, which other programs on the
// machine disturb less than answers per second.
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { type Ctx, systemClock } from '../src/io/ctx.js';
import type { Figure } from './figure.js';
import type { Load } from './load.js';
import { makeDay, PATH, RECORD_BYTES, RECORDS } from './replay-day.js';

const CONNECTIONS = 64;
const ROUNDS = 8;
const ROUND_MS = 400;
const JSON_TYPE = 'application/json; charset=utf-8';

interface Peer {
  readonly port: number;
  close(): Promise<unknown>;
}

const quiet = (): void => {};
const ctx: Ctx = {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: systemClock,
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: quiet, done: quiet }) },
};

/** What users run: the compiled server. Run through tsx each closure gets a name, which costs more than the closure. */
const { startServer } = await compiled();

async function compiled(): Promise<typeof import('../src/server/start.js')> {
  execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.js', import.meta.url))]);
  return import(new URL('../dist/server/start.js', import.meta.url).href);
}

export async function bench(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gex-bench-'));
  const child = fork(fileURLToPath(new URL('load.ts', import.meta.url)));
  const next = recordsOf(makeDay(folder));
  const peers = {
    http: await bareHttp(next),
    fastify: await bareFastify(next),
    memory: await gex(folder, 'memory'),
    stream: await gex(folder, 'stream'),
  };
  try {
    const cost = await measure(child, peers);
    const note = `${CONNECTIONS} connections, ${RECORD_BYTES} B; us per answer: ${Object.entries(cost)
      .map(([name, us]) => `${name} ${us.toFixed(1)}`)
      .join(', ')}`;
    return [
      { name: 'replay, memory', value: cost.http / cost.memory, unit: 'x bare node:http', atLeast: 0.75, note },
      { name: 'replay, stream', value: cost.http / cost.stream, unit: 'x bare node:http', atLeast: 0.5 },
      { name: 'replay, memory', value: cost.fastify / cost.memory, unit: 'x bare fastify' },
      { name: 'replay, stream', value: cost.fastify / cost.stream, unit: 'x bare fastify' },
    ];
  } finally {
    child.disconnect();
    for (const peer of Object.values(peers)) await peer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The records one after the other, over and over, from one buffer. */
function recordsOf(day: Buffer): () => Buffer {
  let served = 0;
  return () => {
    const start = (served++ % RECORDS) * (RECORD_BYTES + 1);
    return day.subarray(start, start + RECORD_BYTES);
  };
}

async function bareHttp(next: () => Buffer): Promise<Peer> {
  const headers = { 'content-type': JSON_TYPE, 'content-length': RECORD_BYTES };
  const server = createServer((_request, response) => response.writeHead(200, headers).end(next()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => server.close();
  return { port: (server.address() as { port: number }).port, close };
}

async function bareFastify(next: () => Buffer): Promise<Peer> {
  const app = Fastify();
  app.get('/v2/:ticker/classic/:category', (_request, reply) => reply.type(JSON_TYPE).send(next()));
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { port: Number(new URL(url).port), close: () => app.close() };
}

async function gex(root: string, mode: 'memory' | 'stream'): Promise<Peer> {
  const server = await startServer(
    {
      root,
      mode,
      host: '127.0.0.1',
      port: 0,
      date: 'latest',
      cacheMode: 'rotation',
      endpointCacheMode: 'shared',
      maxKeys: 10_000,
    },
    ctx,
  );
  return { port: Number(new URL(server.url).port), close: () => server.close() };
}

/** Microseconds of processor time per answer, the best round of each; they take turns. */
async function measure<Name extends string>(
  child: ChildProcess,
  peers: Readonly<Record<Name, Peer>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(peers) as Name[];
  const best = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY])) as Record<Name, number>;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const load: Load = { port: peers[name].port, path: PATH, connections: CONNECTIONS, ms: ROUND_MS };
      const before = process.cpuUsage();
      child.send(load);
      const [answers] = (await once(child, 'message')) as [number];
      const { user, system } = process.cpuUsage(before);
      best[name] = Math.min(best[name], (user + system) / answers);
    }
  }
  return best;
}
