// What a second worker adds: answers per second of `gex serve` with one process and with two, taking turns in one run. The
// load comes from one more process, so on two processors three or four processes compete: the ratio is a lower bound.
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.js';
import type { Load } from './load.js';
import { makeDay, PATH } from './replay-day.js';

const CONNECTIONS = 64;
const KEYS = 32;
const ROUNDS = 5;
const ROUND_MS = 600;

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export async function bench(): Promise<readonly Figure[]> {
  execFileSync(process.execPath, [pathOf('../scripts/build.js')]);
  const folder = mkdtempSync(join(tmpdir(), 'gex-bench-'));
  makeDay(folder);
  const load = fork(pathOf('load.ts'));
  const servers = await Promise.all([1, 2].map((workers) => serve(folder, workers)));
  try {
    const [one = 0, two = 0] = await measure(
      load,
      servers.map(({ port }) => port),
    );
    const processors = `${availableParallelism()} processors, load included`;
    const note = `${CONNECTIONS} connections, ${KEYS} keys, ${processors}; answers/s: ${one.toFixed(0)}, ${two.toFixed(0)}`;
    return [{ name: 'replay, 2 workers', value: two / one, unit: 'x one process', note }];
  } finally {
    load.disconnect();
    for (const { child } of servers) child.kill('SIGTERM');
    await Promise.all(servers.map(({ exit }) => exit));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function serve(folder: string, workers: number) {
  const flags = [
    '--data-dir',
    folder,
    '--port',
    '0',
    '--json',
    '--cache-mode',
    'rotation',
    '--workers',
    String(workers),
  ];
  const child = spawn(process.execPath, [pathOf('../bin/gex.js'), 'serve', ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url } = JSON.parse(line as string) as { readonly url: string };
  return { child, exit, port: Number(new URL(url).port) };
}

/** Answers per second of each port, the best round of each; they take turns. */
async function measure(load: ChildProcess, ports: readonly number[]): Promise<readonly number[]> {
  const best = ports.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, port] of ports.entries()) {
      load.send({ port, path: PATH, connections: CONNECTIONS, ms: ROUND_MS, keys: KEYS } satisfies Load);
      const [answers] = (await once(load, 'message')) as [number];
      best[index] = Math.max(best[index] ?? 0, (answers / ROUND_MS) * 1000);
    }
  }
  return best;
}
