import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { tempFolder } from '../helpers/folder.js';
import { dayFile, type Vendor, vendor } from '../helpers/vendor.js';

const DATE = '2025-11-14';
const NAMES = ['gex_full', 'gex_zero', 'gex_one'].map((category) => `${DATE}/SPX/classic/${category}`);
const ROWS = 300;
const WHOLE = new Map(NAMES.map((name) => [name, dayFile(name, ROWS)]));

/** Interrupted downloads in all, and how many of them one kill -9 ends: starting a process costs more than the work. */
const INTERRUPTED = 200;
const AT_ONCE = 8;
/** A process is killed once the vendors have sent so many pieces and answers, at most, and a little later. */
const MOST_SENT = 100;
const LATER_MS = 200;

const DIST = new URL('../../dist/', import.meta.url).href;

/** Downloads into several folders at once; prints the numbers of those that are done. */
const CHILD = `
const load = (path) => import(${JSON.stringify(DIST)} + path);
const [{ download }, { openStore }, { createGexbotClient }, { storedGate }, { systemClock }, { CATEGORIES }] = await Promise.all(
  ['jobs/download.js', 'stores/sql/open.js', 'feeds/gexbot/client.js', 'jobs/stored-gate.js', 'io/ctx.js', 'wire/catalogue.js'].map(load),
);
const quiet = () => {};
const ctx = {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: systemClock,
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: quiet, done: quiet }) },
};
await Promise.all(JSON.parse(process.argv[1]).map(async ({ root, url }, i) => {
  const store = await openStore(root + '/gex.db');
  const gate = storedGate(store.gates, 'test', { intervalMs: 1, burst: 100 });
  const client = createGexbotClient(
    { baseUrl: url, apiKey: 'x', fileHosts: [], timeoutMs: 10000, retries: 3, retryWaitMs: 1, maxFileBytes: 1e8 },
    { gate },
  );
  const categories = CATEGORIES.filter((row) => row.package === 'classic');
  const { cells } = await download(
    { root, dates: ['${DATE}'], tickers: ['SPX'], categories, workers: 2, force: false, resume: true },
    { store, client },
    ctx,
  );
  await client.close();
  await store.close();
  if (cells.failed + cells.missing === 0) console.log(i);
}));
`;

/** Counts what all vendors send, so that kills fall on moments of the work, however slow the machine is. */
const sent = new EventEmitter();

/** A folder that downloads go to until it is complete. */
interface Target {
  readonly root: string;
  readonly server: Vendor;
  /** Names that were seen in the archive, with the number of requests by then. */
  readonly finished: Map<string, number>;
}

async function newTarget(): Promise<Target> {
  const server = await vendor(Object.fromEntries([...WHOLE].map(([name, { array }]) => [name, array])));
  // In pieces, so that there are moments within a file.
  server.behave(async ({ kind, name, range }, response) => {
    sent.emit('piece');
    const array = WHOLE.get(name)?.array;
    if (kind !== 'file' || array === undefined) return false;
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const headers = { etag: `"${array.length}"`, 'content-length': array.length - from };
    if (from >= array.length) {
      response.writeHead(416, { 'content-range': `bytes */${array.length}` }).end();
      return true;
    }
    const part = { ...headers, 'content-range': `bytes ${from}-${array.length - 1}/${array.length}` };
    response.writeHead(range === undefined ? 200 : 206, range === undefined ? headers : part);
    for (let at = from; at < array.length && !response.destroyed; at += PIECE_BYTES) {
      response.write(array.subarray(at, at + PIECE_BYTES));
      sent.emit('piece');
      await setTimeout(5);
    }
    response.end();
    return true;
  });
  return { root: tempFolder(), server, finished: new Map() };
}

const PIECE_BYTES = 16 * 1024;

function recordFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.jsonl') && !path.startsWith('.'))
    .map((path) => path.slice(0, -'.jsonl'.length));
}

/** Whatever is visible is whole, what was finished is still there, and nobody has asked for it since. */
function check({ root, server, finished }: Target): void {
  const visible = recordFiles(root);
  for (const name of visible) {
    expect(readFileSync(join(root, `${name}.jsonl`)).equals(WHOLE.get(name)?.lines ?? Buffer.alloc(0))).toBe(true);
  }
  for (const [name, seen] of finished) {
    expect(visible).toContain(name);
    expect(server.requests.slice(seen).filter((request) => request.name === name)).toEqual([]);
  }
  for (const name of visible) if (!finished.has(name)) finished.set(name, server.requests.length);
}

/** Starts the downloads, ends them by kill -9 some pieces and milliseconds later, and tells which were done by then. */
async function liveFor({ pieces, laterMs }: { pieces: number; laterMs: number }, targets: readonly Target[]) {
  const asked = JSON.stringify(targets.map(({ root, server }) => ({ root, url: server.url })));
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD, asked], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const gone = once(child, 'exit');
  let left = pieces;
  const count = (): void => {
    if (--left === 0) void setTimeout(laterMs).then(() => child.kill('SIGKILL'));
  };
  sent.on('piece', count);
  const done = new Set<number>();
  for await (const line of createInterface({ input: child.stdout })) done.add(Number(line));
  await gone;
  sent.off('piece', count);
  return done;
}

test(`${INTERRUPTED} downloads ended by kill -9: nothing cut is ever visible, nothing finished is fetched twice, the result is the same`, {
  timeout: 300_000,
}, async () => {
  const random = randomStream(4);
  const complete: Target[] = [];
  let targets = await Promise.all(Array.from({ length: AT_ONCE }, newTarget));
  let interrupted = 0;
  while (interrupted < INTERRUPTED) {
    const life = { pieces: Math.ceil(random.uniform() * MOST_SENT), laterMs: random.uniform() * LATER_MS };
    const done = await liveFor(life, targets);
    for (const target of targets) check(target);
    interrupted += targets.length - done.size;
    complete.push(...targets.filter((_, i) => done.has(i)));
    targets = await Promise.all(targets.map((target, i) => (done.has(i) ? newTarget() : target)));
  }
  expect((await liveFor({ pieces: Number.POSITIVE_INFINITY, laterMs: 0 }, targets)).size).toBe(AT_ONCE);
  for (const target of targets) check(target);
  complete.push(...targets);
  for (const { root } of complete) {
    expect(recordFiles(root).sort()).toEqual([...NAMES].sort());
    expect(readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('.part'))).toEqual(
      [],
    );
  }
  expect(complete.length).toBeGreaterThan(AT_ONCE);
  expect(complete.some(({ server }) => server.requests.some(({ range }) => range !== undefined))).toBe(true);
});
