import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GexError } from '../../../src/errors.js';
import { systemClock } from '../../../src/io/ctx.js';
import { readPart, removePart } from '../../../src/io/part-file.js';
import { Child } from '../../helpers/child.js';
import { tempFolder } from '../../helpers/folder.js';
import { tinyDisk } from '../../helpers/tiny-disk.js';
import { archiveOf, DATE, SAMPLES, serve } from '../../server/fixture.js';
import { API_KEY, api, clientOf, cutFile, file, type Handler, KEY, peer } from './vendor.js';

describe('a download that breaks', () => {
  it('at any points gives the same bytes, and fetches none of them twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 400_000 }),
        fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 6 }),
        async (length, cuts) => {
          const body = randomBytes(length);
          const folder = tempFolder();
          const files = await peer(...cuts.map((bytes) => cutFile(body, bytes)), file(body));
          const vendor = await api(files);
          const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host], retries: cuts.length });
          const path = join(folder, 'x.part');
          expect(await client.fetchFile(KEY, path, ctx)).toMatchObject({ kind: 'fetched', bytes: length });
          expect(readFileSync(path).equals(body)).toBe(true);
          const starts = files.seen.map(({ headers }) => Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0));
          let held = 0;
          for (const [i, start] of starts.entries()) {
            expect(start).toBe(held);
            held = Math.min(length, held + (cuts[i] ?? length));
          }
          await client.close();
          rmSync(folder, { recursive: true });
        },
      ),
      { numRuns: 40, seed: 11 },
    );
  });

  it('every few megabytes has not failed while it grows', async () => {
    const body = randomBytes(9 * 1024 * 1024);
    const files = await peer(cutFile(body, 1_200_000));
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host], retries: 1 });
    const path = join(tempFolder(), 'x.part');
    expect(await client.fetchFile(KEY, path, ctx)).toMatchObject({ kind: 'fetched', attempts: 8 });
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  it('and never grows is given up', async () => {
    const files = await peer(cutFile(randomBytes(9 * 1024 * 1024), 1_200_000, { etag: 'W/"weak"' }));
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host], retries: 3 });
    const fetching = client.fetchFile(KEY, join(tempFolder(), 'x.part'), ctx);
    await expect(fetching).rejects.toMatchObject({ kind: 'upstream' });
    expect(files.seen).toHaveLength(4);
  });
});

describe('what an earlier run left', () => {
  const body = randomBytes(50_000);

  /** A part of 20,000 bytes that was given up, and then another run. */
  async function secondRun(meddle: (path: string) => void) {
    const files = await peer(cutFile(body, 20_000), file(body));
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host], retries: 0 });
    const path = join(tempFolder(), 'x.part');
    await expect(client.fetchFile(KEY, path, ctx)).rejects.toMatchObject({ kind: 'upstream' });
    meddle(path);
    await client.fetchFile(KEY, path, ctx);
    expect(readFileSync(path).equals(body)).toBe(true);
    return files.seen[1]?.headers.range;
  }

  it.each<[string, (path: string) => void, string | undefined]>([
    ['is continued', () => {}, 'bytes=20000-'],
    ['is continued where it is', (path) => truncateSync(path, 777), 'bytes=777-'],
    ['is nothing without its sidecar', (path) => rmSync(`${path}.json`), undefined],
    ['is nothing without its bytes', (path) => rmSync(path), undefined],
    ['is nothing when its sidecar is damaged', (path) => writeFileSync(`${path}.json`, '{"schema":"gex-pa'), undefined],
    ['is nothing when its sidecar is of another version', (path) => writeFileSync(`${path}.json`, '[1]'), undefined],
  ])('%s', async (_, meddle, range) => {
    expect(await secondRun(meddle)).toBe(range);
  });

  it('of another file is not continued', async () => {
    const path = join(tempFolder(), 'x.part');
    const files = await peer(cutFile(body, 20_000), file(body));
    for (const [name, retries] of [['/a', 0] as const, ['/b', 0] as const]) {
      const vendor = await api(files, name);
      const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host], retries });
      await client.fetchFile(KEY, path, ctx).catch(() => {});
    }
    expect(files.seen.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  it('can be removed, and that there is nothing is no fault', async () => {
    const path = join(tempFolder(), 'x.part');
    writeFileSync(path, 'x');
    await removePart(path);
    await removePart(path);
    expect([existsSync(path), (await readPart(path)).bytes]).toEqual([false, 0]);
  });
});

describe('a download that is stopped', () => {
  it('by the signal ends within a second and is continued later', async () => {
    const body = randomBytes(300_000);
    const stalling: Handler = (_, response) => {
      response.writeHead(200, { 'content-length': body.length, etag: '"v1"' });
      response.write(body.subarray(0, 100_000));
    };
    const files = await peer(stalling, file(body));
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host], clock: systemClock });
    const path = join(tempFolder(), 'x.part');
    const abort = new AbortController();
    const reason = new GexError('interrupted', 'stopped');
    const fetching = client.fetchFile(KEY, path, { ...ctx, signal: abort.signal }, (bytes) => {
      if (bytes === 100_000) setImmediate(() => abort.abort(reason));
    });
    await expect(fetching).rejects.toBe(reason);
    expect(await readPart(path)).toMatchObject({ bytes: 100_000, isWhole: false });
    await client.fetchFile(KEY, path, ctx);
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(files.seen[1]?.headers.range).toBe('bytes=100000-');
  });

  it('while it waits for the next attempt ends at once', async () => {
    const vendor = await peer((_, response) => response.writeHead(500).end());
    const { client, ctx } = clientOf(vendor.url, { clock: systemClock, retryWaitMs: 1e6 });
    const abort = new AbortController();
    const fetching = client.fetchFile(KEY, join(tempFolder(), 'x.part'), { ...ctx, signal: abort.signal });
    const timer = setInterval(() => vendor.seen.length > 0 && abort.abort(new Error('stop')), 20);
    await expect(fetching).rejects.toThrow('stop');
    clearInterval(timer);
  });

  it('by kill -9 at any moment is continued to the same bytes', async () => {
    const body = randomBytes(4_000_000);
    const steady: Handler = (request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      expect(request.headers['if-range']).toBe(start === 0 ? undefined : '"v1"');
      const range = { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` };
      response.writeHead(start === 0 ? 200 : 206, { etag: '"v1"', 'content-length': body.length - start, ...range });
      let at = start;
      const timer = setInterval(() => {
        response.write(body.subarray(at, at + 40_000));
        at += 40_000;
        if (at >= body.length) response.end();
        if (at >= body.length) clearInterval(timer);
      }, 4);
      response.on('close', () => clearInterval(timer));
    };
    const files = await peer(steady);
    const vendor = await api(files);
    const path = join(tempFolder(), 'x.part');
    const code = `
      const { createGexbotClient } = await gex('feeds/gexbot/client.ts');
      const { memoryGate } = await gex('io/gate.ts');
      const { systemClock } = await gex('io/ctx.ts');
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const ctx = { log, clock: systemClock, signal: new AbortController().signal };
      const options = { baseUrl: ${JSON.stringify(vendor.url)}, apiKey: '${API_KEY}', fileHosts: ['${files.host}'],
        timeoutMs: 5000, retries: 0, retryWaitMs: 10, maxFileBytes: 1e9 };
      const client = createGexbotClient(options, { gate: memoryGate({ intervalMs: 0 }) });
      let next = 0;
      const note = (bytes) => { if (bytes >= next) { console.log('at ' + bytes); next = bytes + 300_000; } };
      console.log('done ' + JSON.stringify(await client.fetchFile(${JSON.stringify(KEY)}, ${JSON.stringify(path)}, ctx, note)));
    `;
    for (const lines of [1, 3, 2]) {
      const child = new Child(code);
      for (let i = 0; i < lines; i++) expect(await child.line()).toMatch(/^at /);
      await child.kill();
      const held = readFileSync(path);
      expect(held.equals(body.subarray(0, held.length))).toBe(true);
    }
    const last = new Child(code);
    let line = await last.line();
    while (line?.startsWith('at ')) line = await last.line();
    expect(line).toMatch(/^done .*"fetched".*"bytes":4000000/);
    expect(readFileSync(path).equals(body)).toBe(true);
    const starts = files.seen.map(({ headers }) => Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.filter((start) => start === 0)).toHaveLength(1);
  }, 60_000);

  it('by a full disk says so and keeps what fits', async (context) => {
    const disk = tinyDisk(256);
    if (disk === undefined) return context.skip('needs the right to mount');
    const body = randomBytes(600_000);
    const files = await peer(file(body));
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host] });
    const path = join(disk, 'x.part');
    await expect(client.fetchFile(KEY, path, ctx)).rejects.toMatchObject({
      kind: 'storage',
      message: expect.stringContaining('the disk is full'),
    });
    const held = readFileSync(path);
    expect(held.length).toBeGreaterThan(100_000);
    expect(held.equals(body.subarray(0, held.length))).toBe(true);
    expect(await readPart(path)).toMatchObject({ isWhole: false, source: { total: 600_000 } });
  });
});

describe('against gex serve', () => {
  /** Records that gzip cannot make small. */
  const LINES = Array.from({ length: 4000 }, (_, i) =>
    SAMPLES.gex.replace('1777492800', `${1777469400 + i},"noise":"${randomBytes(200).toString('base64')}"`),
  );
  const key = { date: DATE, ticker: 'SPX', package: 'classic', category: 'gex_full' } as const;
  const expected = `[${LINES.join(',')}]`;

  /** A served day, and a client of it. */
  async function served() {
    const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: `${LINES.join('\n')}\n` });
    const server = await serve({ root });
    return { ...clientOf(server.url), path: join(tempFolder(), 'x.part') };
  }

  it('a file arrives in gzip and unpacks to the day', async () => {
    const { client, ctx, path } = await served();
    expect(await client.fetchFile(key, path, ctx)).toMatchObject({ kind: 'fetched', attempts: 1 });
    expect(gunzipSync(readFileSync(path)).toString()).toBe(expected);
    expect(await client.fetchFile({ ...key, ticker: 'QQQ' }, `${path}2`, ctx)).toEqual({
      kind: 'missing',
      attempts: 1,
    });
  });

  it('a download that is stopped twice is continued with Range', async () => {
    const { client, ctx, path } = await served();
    const sizes: number[] = [];
    const stopAfter = async (limit: number): Promise<void> => {
      const abort = new AbortController();
      const stop = (bytes: number): void => {
        if (bytes >= limit) abort.abort(new Error('stop'));
      };
      await expect(client.fetchFile(key, path, { ...ctx, signal: abort.signal }, stop)).rejects.toThrow('stop');
      sizes.push(statSync(path).size);
    };
    await stopAfter(1); // in gzip, made on the fly: cannot be continued
    await stopAfter(300_000); // as it is
    let first = 0;
    await client.fetchFile(key, path, ctx, (bytes) => {
      first ||= bytes;
    });
    expect(first).toBeGreaterThan(Number(sizes[1]));
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(
      createHash('sha256').update(expected).digest('hex'),
    );
  });
});
