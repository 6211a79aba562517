import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished, vi } from 'vitest';
import { tempFolder } from '../../helpers/folder.js';
import { startGex } from '../../helpers/gex.js';
import { archiveOf, DATE, SAMPLES } from '../fixture.js';

/** A test starts up to six processes, on machines with two processors beside other tests. */
vi.setConfig({ testTimeout: 120_000 });

export const FIRST = 1_777_400_000;
export const FULL = '/v2/SPX/classic/gex_full';
export const KEYS: readonly string[] = Array.from({ length: 50 }, (_, i) => `key-${i}`);

/** A day of SPX with this many records, one second apart. */
export function longDay(records: number, date = DATE): Promise<string> {
  const file = Array.from({ length: records }, (_, i) => `${SAMPLES.gex.replace('1777492800', String(FIRST + i))}\n`);
  return archiveOf({ [`${date}/SPX/classic/gex_full.jsonl`]: file.join('') });
}

interface Serving {
  readonly root: string;
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** `gex serve` with several workers, as users start it. */
export async function serveWorkers({ root, workers = 3, env = {}, args = [] }: Serving) {
  const temp = tempFolder();
  const flags = ['--data-dir', root, '--port', '0', '--workers', String(workers), '--json', '--verbose', ...args];
  const child = startGex(['serve', ...flags], { env: { TMPDIR: temp, ...env } });
  const story: string[] = [];
  createInterface(child.stderr).on('line', (line) => story.push(line));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exit.then((code) => Promise.reject(new Error(`exit ${code}: ${story.join('\n')}`))),
  ]);
  const ready = JSON.parse(line as string) as { readonly url: string; readonly workers: number };
  /** Of the worker processes that serve, in order. */
  const pids = (): readonly number[] => {
    const byName = new Map<string, number>();
    for (const said of story) {
      const [, name, pid] = /worker (\d+) serves pid=(\d+)/.exec(said) ?? [];
      if (name !== undefined) byName.set(name, Number(pid));
    }
    return [...byName].sort().map(([, pid]) => pid);
  };
  return { ...ready, ready, child, exit, story, temp, pids };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes are looked into by the tests
  readonly json: any;
}

interface Ask {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in these pieces, chunked. */
  readonly body?: readonly string[];
  /** Absent: a connection of its own. */
  readonly agent?: Agent;
}

/** One request. */
export async function ask(
  url: string,
  { method = 'GET', key, headers = {}, body = [], agent }: Ask = {},
): Promise<Answer> {
  const sent = request(url, {
    method,
    agent: agent ?? false,
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
  });
  const response = once(sent, 'response') as Promise<[IncomingMessage]>;
  for (const piece of body) sent.write(piece);
  sent.end();
  const [answer] = await response;
  const body_ = await text(answer);
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    text: body_,
    get json() {
      return JSON.parse(body_);
    },
  };
}

/** An agent whose requests all go over one connection. */
export function oneConnection(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
}

/** Posts JSON over a connection of its own. */
export function post(url: string, body: unknown, options: Ask = {}): Promise<Answer> {
  return ask(url, { method: 'POST', body: [JSON.stringify(body)], ...options });
}
