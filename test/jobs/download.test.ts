import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createGexbotClient } from '../../src/feeds/gexbot/client.js';
import { type Clock, type Ctx, systemClock } from '../../src/io/ctx.js';
import { memoryGate } from '../../src/io/gate.js';
import { type DownloadOptions, download } from '../../src/jobs/download.js';
import { openStore } from '../../src/stores/sql/open.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { tempFolder } from '../helpers/folder.js';
import { dayFile, end, sendFile, type Vendor, vendor } from '../helpers/vendor.js';

const DATE = '2025-11-14';
const CLASSIC = CATEGORIES.filter((row) => row.package === 'classic');
const FULL = `${DATE}/SPX/classic/gex_full`;
const ZERO = `${DATE}/SPX/classic/gex_zero`;
const ONE = `${DATE}/SPX/classic/gex_one`;
const NAMES = [FULL, ZERO, ONE];

const arrays = (rows = 30): Record<string, Buffer> =>
  Object.fromEntries(NAMES.map((name) => [name, dayFile(name, rows).array]));

function context(overrides: Partial<Ctx> = {}) {
  const lines: string[] = [];
  const add = (message: string) => lines.push(message);
  const ctx: Ctx = {
    log: { debug: add, info: add, warn: add, error: add },
    clock: systemClock,
    signal: new AbortController().signal,
    progress: { start: () => ({ advance() {}, done() {} }) },
    ...overrides,
  };
  return { ctx, lines };
}

/** Sleeps of retries are not waited for. */
const hasty: Clock = { now: () => Date.now(), sleep: async (_, signal) => signal?.throwIfAborted() };

interface Setup {
  readonly root: string;
  readonly server: Vendor;
  readonly options?: Partial<DownloadOptions>;
  readonly ctx?: Ctx;
  readonly retries?: number;
  readonly timeoutMs?: number;
  readonly fallback?: Vendor;
}

async function run({ root, server, options = {}, ctx = context({ clock: hasty }).ctx, ...limits }: Setup) {
  const fallback = limits.fallback && new URL(limits.fallback.url).host;
  const store = await openStore(join(root, 'gex.db'));
  const client = createGexbotClient(
    {
      ...{
        baseUrl: server.url,
        apiKey: 'gexbot_custom_1',
        fileHosts: fallback ? [fallback] : [],
        maxFileBytes: 1e8,
        retryWaitMs: 1,
      },
      ...{ retries: limits.retries ?? 2, timeoutMs: limits.timeoutMs ?? 5000 },
      ...(fallback && { fallbackHosts: { [new URL(server.url).host]: fallback } }),
    },
    { gate: memoryGate({ intervalMs: 0 }) },
  );
  try {
    const report = await download(
      {
        ...{ root, dates: [DATE], tickers: ['SPX'], categories: CLASSIC, workers: 3, force: false, resume: true },
        ...options,
      },
      { store, client },
      ctx,
    );
    return { ...report, states: Object.fromEntries(report.perCell.map((cell) => [cell.category, cell.state])) };
  } finally {
    await client.close();
    await store.close();
  }
}

async function ledgerOf(root: string) {
  const store = await openStore(join(root, 'gex.db'));
  try {
    const rows = await store.ledger.list({});
    return {
      rows: Object.fromEntries(rows.map((row) => [row.category, row])),
      runs: (await store.runs.latest(10)).map(({ command, status }) => ({ command, status })),
    };
  } finally {
    await store.close();
  }
}

const fileOf = (root: string, name: string): string => join(root, `${name}.jsonl`);

/** Everything in the archive is whole, and nothing but `names` is there. */
function expectArchive(root: string, names: readonly string[], rows = 30): void {
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.jsonl') && !path.startsWith('.'),
  );
  expect(found.sort()).toEqual(names.map((name) => `${name}.jsonl`).sort());
  for (const name of names) expect(readFileSync(fileOf(root, name)).equals(dayFile(name, rows).lines)).toBe(true);
}

function leftParts(root: string): string[] {
  const staging = join(root, '.staging');
  if (!existsSync(staging)) return [];
  return readdirSync(staging, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(part|json|jsonl|lock)$/.test(path),
  );
}

function put(root: string, name: string, content: Buffer | string): void {
  mkdirSync(dirname(fileOf(root, name)), { recursive: true });
  writeFileSync(fileOf(root, name), content);
}

test('every file arrives whole, with a ledger row and a run, and nothing is left in staging', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  const report = await run({ root, server });
  expect(report.cells).toEqual({ total: 3, held: 0, fetched: 3, missing: 0, failed: 0, suspicious: 0 });
  expect(report.tickerDays).toEqual([
    { date: DATE, ticker: 'SPX', held: 0, fetched: 3, missing: 0, failed: 0, bytes: report.bytes },
  ]);
  expectArchive(root, NAMES);
  expect(leftParts(root)).toEqual([]);
  const { rows, runs } = await ledgerOf(root);
  expect(rows.gex_full).toMatchObject({
    ...{ state: 'held', source: 'download', rows: 30, bytes: dayFile(FULL, 30).lines.length, attempts: 1 },
    ...{ firstMs: Date.parse('2025-11-14T14:30:00Z'), lastMs: Date.parse('2025-11-14T21:00:00Z') },
  });
  expect(runs).toEqual([{ command: 'download', status: 'done' }]);
});

test('a second run fetches nothing and asks for nothing (check 38)', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  await run({ root, server });
  const before = server.requests.length;
  const { cells } = await run({ root, server });
  expect(cells).toMatchObject({ held: 3, fetched: 0 });
  expect(server.requests).toHaveLength(before);
});

test('with force everything is fetched again, once', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  await run({ root, server });
  const { cells } = await run({ root, server, options: { force: true } });
  expect(cells).toMatchObject({ held: 0, fetched: 3 });
  expect(server.fileRequests(FULL)).toHaveLength(2);
});

test('the key goes to the API and never to the file host', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  await run({ root, server });
  for (const { kind, authorization } of server.requests) {
    if (kind === 'link') expect(authorization).toContain('gexbot_custom_1');
    else expect(authorization).toBeUndefined();
  }
});

test('what the vendor has not is missing, not failed, and is asked for again', async () => {
  const root = tempFolder();
  const server = await vendor({ [FULL]: dayFile(FULL, 30).array });
  expect((await run({ root, server })).states).toEqual({
    gex_full: 'fetched',
    gex_zero: 'missing',
    gex_one: 'missing',
  });
  expect((await ledgerOf(root)).rows.gex_zero).toMatchObject({ state: 'missing' });
  server.files.set(ZERO, dayFile(ZERO, 30).array);
  expect((await run({ root, server })).states).toEqual({ gex_full: 'held', gex_zero: 'fetched', gex_one: 'missing' });
  expectArchive(root, [FULL, ZERO]);
});

test('500 twice and then the file is a success (check 36)', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  server.behave(({ name, turn, kind }, response) => {
    if (name !== FULL || kind !== 'link' || turn > 2) return false;
    end(response, 500, '{"error":"boom"}');
    return true;
  });
  expect((await run({ root, server })).cells).toMatchObject({ fetched: 3, failed: 0 });
  expectArchive(root, NAMES);
  expect((await ledgerOf(root)).rows.gex_full).toMatchObject({ state: 'held', attempts: 3 });
});

test('a body cut every time fails its file alone, and the next run fetches it (check 37, trap 34)', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  const cut = dayFile(FULL, 30).array;
  server.behave(({ name, kind }, response) => {
    if (name !== FULL || kind !== 'file') return false;
    response.writeHead(200, { 'content-length': cut.length, etag: '"x"' });
    response.write(cut.subarray(0, 1000), () => response.destroy());
    return true;
  });
  const { states, perCell } = await run({ root, server });
  expect(states).toEqual({ gex_full: 'failed', gex_zero: 'fetched', gex_one: 'fetched' });
  expect(perCell.find((cell) => cell.category === 'gex_full')?.error).toMatch(/given up after/);
  expectArchive(root, [ZERO, ONE]);
  const { rows, runs } = await ledgerOf(root);
  expect(rows.gex_full).toMatchObject({ state: 'failed', attempts: 1, lastError: expect.stringContaining('given up') });
  expect(runs[0]).toEqual({ command: 'download', status: 'failed' });
  server.behave(() => false);
  expect((await run({ root, server })).states).toEqual({ gex_full: 'fetched', gex_zero: 'held', gex_one: 'held' });
  expectArchive(root, NAMES);
});

test.each<[string, (whole: Buffer) => { body: Buffer; headers: Record<string, string> }, RegExp]>([
  [
    'a cut gzip stream',
    (whole) => ({ body: gzipSync(whole).subarray(0, -200), headers: { 'content-encoding': 'gzip' } }),
    /cut|damaged/,
  ],
  ['an array without its end', (whole) => ({ body: whole.subarray(0, -300), headers: {} }), /cut|ends|array/],
  ['an object instead of an array', () => ({ body: Buffer.from('{"error":"quota"}'), headers: {} }), /array/],
  [
    'a web page',
    () => ({ body: Buffer.from('<html>sign in</html>'), headers: { 'content-type': 'text/html' } }),
    /page/,
  ],
  ['a page that says it is JSON', () => ({ body: Buffer.from('<html>sign in</html>'), headers: {} }), /array/],
  ['an empty array', () => ({ body: Buffer.from('[]'), headers: {} }), /no records/],
  [
    "another ticker's records",
    () => ({ body: dayFile(FULL.replace('SPX', 'SPY'), 30).array, headers: {} }),
    /ticker "SPY"/,
  ],
  [
    "another day's records",
    () => ({ body: dayFile(FULL.replace('-14', '-13'), 30).array, headers: {} }),
    /not of that day/,
  ],
])('%s fails its file and leaves nothing', async (_, answer, sentence) => {
  const root = tempFolder();
  const server = await vendor(arrays());
  server.behave(({ name, kind }, response) => {
    if (name !== FULL || kind !== 'file') return false;
    const { body, headers } = answer(dayFile(FULL, 30).array);
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': body.length, ...headers })
      .end(body);
    return true;
  });
  const { states, perCell } = await run({ root, server });
  expect(states).toEqual({ gex_full: 'failed', gex_zero: 'fetched', gex_one: 'fetched' });
  expect(perCell[0]?.error).toMatch(sentence);
  expectArchive(root, [ZERO, ONE]);
  expect((await ledgerOf(root)).rows.gex_full?.lastError).toMatch(sentence);
});

test('a damaged file is fetched once more from its first byte', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  server.behave(({ name, kind, turn }, response) => {
    if (name !== FULL || kind !== 'file' || turn > 1) return false;
    response.writeHead(200, { etag: '"x"' }).end(dayFile(FULL, 30).array.subarray(0, 2000));
    return true;
  });
  expect((await run({ root, server })).states.gex_full).toBe('fetched');
  expectArchive(root, NAMES);
  expect(server.fileRequests(FULL).map(({ range }) => range)).toEqual([undefined, undefined]);
});

test('the fallback host begins the file again where the first one broke off, it appends nothing (trap 33)', async () => {
  const root = tempFolder();
  const [server, fallback] = [await vendor(arrays()), await vendor(arrays())];
  const body = dayFile(FULL, 30).array;
  server.behave(({ name, kind, turn }, response) => {
    if (name !== FULL || kind !== 'file') return false;
    if (turn > 1) end(response, 503, '');
    else {
      response.writeHead(200, { 'content-length': body.length, etag: '"first"' });
      response.write(body.subarray(0, 2000), () => response.destroy());
    }
    return true;
  });
  expect((await run({ root, server, fallback })).cells).toMatchObject({ fetched: 3, failed: 0 });
  expect(server.fileRequests(FULL).map(({ range }) => range)).toEqual([undefined, 'bytes=2000-']);
  expect(fallback.fileRequests(FULL)).toHaveLength(1);
  expectArchive(root, NAMES);
});

test('what is finished stays although the run ends before the others are (trap 37)', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  const abort = new AbortController();
  server.behave(async ({ name, kind }, response) => {
    if (name !== ONE || kind !== 'file') return false;
    await expect.poll(() => existsSync(fileOf(root, FULL)) && existsSync(fileOf(root, ZERO))).toBe(true);
    response.writeHead(200, { 'content-length': 1e6, etag: '"x"' }).write('[');
    abort.abort(new Error('stop'));
    return true;
  });
  await expect(run({ root, server, ctx: context({ signal: abort.signal }).ctx })).rejects.toThrow('stop');
  expectArchive(root, [FULL, ZERO]);
});

test('a redirect loop and a redirect to a foreign host fail the file without a request there', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  const foreign = await vendor(arrays());
  server.behave(({ name, kind }, response) => {
    if (kind === 'link') return false;
    const path = `/files/SPX/classic/${name.split('/').at(-1)}/${DATE}`;
    if (name === FULL) end(response, 302, '', { location: path });
    else if (name === ZERO) end(response, 302, '', { location: foreign.url.replace('127.0.0.1', 'localhost') + path });
    else return false;
    return true;
  });
  const { states, perCell } = await run({ root, server });
  expect(states).toEqual({ gex_full: 'failed', gex_zero: 'failed', gex_one: 'fetched' });
  expect(perCell[0]?.error).toMatch(/redirect/);
  expect(perCell[1]?.error).toMatch(/GEXBOT_FILE_HOSTS/);
  expect(foreign.requests).toEqual([]);
});

test('an expired link gets a new one', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  server.behave(({ name, kind, turn }, response) => {
    if (name !== FULL || kind !== 'file' || turn > 1) return false;
    end(response, 403, '<Error><Code>ExpiredToken</Code></Error>', { 'content-type': 'application/xml' });
    return true;
  });
  expect((await run({ root, server })).states.gex_full).toBe('fetched');
  expect(server.requests.filter(({ kind, name }) => kind === 'link' && name === FULL)).toHaveLength(2);
});

test('a storm of 429 is waited out', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  let storm = 6;
  server.behave(({ kind }, response) => {
    if (kind !== 'link' || storm-- <= 0) return false;
    end(response, 429, '{"error":"slow down"}', { 'retry-after': '0' });
    return true;
  });
  expect((await run({ root, server, retries: 6, ctx: context().ctx })).cells).toMatchObject({ fetched: 3, failed: 0 });
});

test('a file host that goes silent fails the file in time', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  server.behave(({ name, kind }, response) => {
    if (name !== FULL || kind !== 'file') return false;
    response.writeHead(200, { 'content-length': 1e6, etag: '"x"' }).write('[{"timestamp":');
    return true;
  });
  const { states } = await run({ root, server, retries: 0, timeoutMs: 300 });
  expect(states).toEqual({ gex_full: 'failed', gex_zero: 'fetched', gex_one: 'fetched' });
});

test.each([401, 403])('%i stops all workers at once and keeps what is finished (trap 35)', async (status) => {
  const root = tempFolder();
  const server = await vendor(arrays());
  server.behave(({ name, kind }, response) => {
    if (name === FULL || kind !== 'link') return false;
    end(response, status, '{"error":"key refused"}');
    return true;
  });
  const failed = run({ root, server, options: { workers: 1 } });
  await expect(failed).rejects.toMatchObject({ kind: 'auth' });
  expectArchive(root, [FULL]);
  expect(server.requests.filter(({ name }) => name === ONE)).toEqual([]);
  const { rows, runs } = await ledgerOf(root);
  expect(Object.keys(rows)).toEqual(['gex_full']);
  expect(runs[0]?.status).toBe('failed');
});

test('a refused key ends a download that is under way in another worker', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  server.behave(async ({ name, kind }, response) => {
    if (name === FULL && kind === 'file') {
      response.writeHead(200, { 'content-length': 1e6, etag: '"x"' }).write('[');
      return true;
    }
    if (name !== ZERO || kind !== 'link') return false;
    await expect.poll(() => server.fileRequests(FULL).length).toBe(1);
    end(response, 401, '{"error":"key refused"}');
    return true;
  });
  const startedMs = performance.now();
  await expect(run({ root, server, timeoutMs: 20_000 })).rejects.toMatchObject({ kind: 'auth' });
  expect(performance.now() - startedMs).toBeLessThan(5000);
});

test('an interrupted run keeps its part, and the next one goes on where it stopped (trap 38)', async () => {
  const root = tempFolder();
  const server = await vendor({ [FULL]: dayFile(FULL, 3000).array });
  const abort = new AbortController();
  const body = dayFile(FULL, 3000).array;
  server.behave(({ kind, turn }, response) => {
    if (kind !== 'file' || turn > 1) return false;
    response.writeHead(200, { 'content-length': body.length, etag: `"${body.length}-identity"` });
    response.write(body.subarray(0, 100_000), () => setTimeout(() => abort.abort(new Error('stop')), 50));
    return true;
  });
  const stopped = run({
    root,
    server,
    ctx: context({ signal: abort.signal }).ctx,
    options: { categories: CLASSIC.slice(0, 1) },
  });
  await expect(stopped).rejects.toThrow('stop');
  expectArchive(root, []);
  expect((await ledgerOf(root)).runs[0]?.status).toBe('interrupted');
  server.behave(({ kind }, response) => {
    if (kind !== 'file') return false;
    sendFile(response, body, { range: server.requests.at(-1)?.range });
    return true;
  });
  await run({ root, server, options: { categories: CLASSIC.slice(0, 1) } });
  expect(server.fileRequests(FULL).map(({ range }) => range)).toEqual([undefined, 'bytes=100000-']);
  expectArchive(root, [FULL], 3000);
});

test('a short file beside whole siblings is kept and called suspicious, in the ledger too', async () => {
  const root = tempFolder();
  const server = await vendor({ ...arrays(), [ONE]: dayFile(ONE, 20).array });
  const report = await run({ root, server });
  expect(report.cells).toMatchObject({ fetched: 3, failed: 0, suspicious: 1 });
  const word = 'suspicious: it has 20 records, the other files of that ticker and day have 30';
  expect(report.perCell[2]).toMatchObject({ category: 'gex_one', state: 'fetched', suspicious: word });
  expect((await ledgerOf(root)).rows.gex_one).toMatchObject({ state: 'held', lastError: word });
});

test('records out of order are kept and called suspicious', async () => {
  const root = tempFolder();
  const lines = dayFile(FULL, 30).lines.toString().trimEnd().split('\n');
  const [a = '', b = '', c = '', ...rest] = lines;
  const server = await vendor({ [FULL]: Buffer.from(`[${[a, c, b, ...rest].join(',')}]`) });
  const report = await run({ root, server });
  expect(report.perCell[0]).toMatchObject({
    state: 'fetched',
    suspicious: 'suspicious: 1 records earlier than the one before',
  });
});

test('a whole file without a ledger row is adopted, not fetched', async () => {
  const root = tempFolder();
  put(root, FULL, dayFile(FULL, 30).lines);
  const server = await vendor(arrays());
  const report = await run({ root, server });
  expect(report.perCell[0]).toMatchObject({ state: 'held', adopted: true, rows: 30 });
  expect(server.fileRequests(FULL)).toEqual([]);
  expect((await ledgerOf(root)).rows.gex_full).toMatchObject({ state: 'held', source: 'adopted', rows: 30 });
});

test.each([
  ['cut within a record', (lines: Buffer) => lines.subarray(0, -20)],
  [
    'cut between two records',
    (lines: Buffer) =>
      lines.subarray(0, lines.length / 2).subarray(0, lines.subarray(0, lines.length / 2).lastIndexOf(10) + 1),
  ],
  ['empty', () => Buffer.alloc(0)],
])('a file without a ledger row that is %s is fetched (trap 36)', async (_, damage) => {
  const root = tempFolder();
  put(root, FULL, damage(dayFile(FULL, 30).lines));
  const server = await vendor(arrays());
  expect((await run({ root, server })).states.gex_full).toBe('fetched');
  expectArchive(root, NAMES);
});

test('a held file that changed its size, or is gone, is fetched again', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  await run({ root, server });
  put(root, FULL, dayFile(FULL, 30).lines.subarray(0, 1000));
  expect((await run({ root, server })).states).toEqual({ gex_full: 'fetched', gex_zero: 'held', gex_one: 'held' });
  expectArchive(root, NAMES);
});

test('a held file stays held when fetching it again fails or finds nothing', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  await run({ root, server });
  server.files.clear();
  expect((await run({ root, server, options: { force: true } })).states.gex_full).toBe('missing');
  server.behave((_, response) => {
    end(response, 500, '');
    return true;
  });
  expect((await run({ root, server, retries: 0, options: { force: true } })).states.gex_full).toBe('failed');
  expectArchive(root, NAMES);
  expect((await ledgerOf(root)).rows.gex_full).toMatchObject({ state: 'held', rows: 30 });
  expect((await run({ root, server })).cells).toMatchObject({ held: 3 });
});

test('without resume what was cut begins again', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  const body = dayFile(FULL, 30).array;
  server.behave(({ name, kind, turn }, response) => {
    if (name !== FULL || kind !== 'file' || turn > 1) return false;
    response.writeHead(200, { 'content-length': body.length, etag: '"x"' });
    response.write(body.subarray(0, 1000), () => response.destroy());
    return true;
  });
  expect((await run({ root, server, retries: 0 })).states.gex_full).toBe('failed');
  expect((await run({ root, server, options: { resume: false } })).states.gex_full).toBe('fetched');
  expect(server.fileRequests(FULL).map(({ range }) => range)).toEqual([undefined, undefined]);
});

test('two runs at once fetch each file once, and both report it as there', async () => {
  const root = tempFolder();
  const server = await vendor(arrays());
  const both = await Promise.all([
    run({ root, server, ctx: context().ctx }),
    run({ root, server, ctx: context().ctx }),
  ]);
  expect(both.map(({ cells }) => cells.held + cells.fetched)).toEqual([3, 3]);
  expect(both[0].cells.fetched + both[1].cells.fetched).toBe(3);
  for (const name of NAMES) expect(server.fileRequests(name)).toHaveLength(1);
  expectArchive(root, NAMES);
});
