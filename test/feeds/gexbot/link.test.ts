import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGexbotClient, type GexbotClientOptions } from '../../../src/feeds/gexbot/client.js';
import { memoryGate } from '../../../src/io/gate.js';
import { tempFolder } from '../../helpers/folder.js';
import { API_KEY, api, clientOf, file, type Handler, jumpingClock, KEY, peer, status } from './vendor.js';

const FILE = Buffer.from('[{"timestamp":1763130600}]');

/** A vendor with these answers to link requests, and what came of a fetch. */
async function fetched(handlers: readonly Handler[], options: Parameters<typeof clientOf>[1] = {}) {
  const clock = jumpingClock();
  const vendor = await peer(...handlers);
  const { client, ctx, lines } = clientOf(vendor.url, { clock, ...options });
  const folder = tempFolder();
  const result = client.fetchFile(KEY, join(folder, 'x.part'), ctx);
  const [outcome] = await Promise.allSettled([result]);
  const error = outcome?.status === 'rejected' ? outcome.reason : undefined;
  return { outcome, error, vendor, sleeps: clock.sleeps, lines, left: readdirSync(folder) };
}

describe('a refused link', () => {
  it.each([
    [401, '{"error":"Invalid key"}', 'auth', /v2\/hist\/SPX.* answered 401 \(Invalid key\); check GEXBOT_API_KEY$/],
    [403, '{"error":"Upgrade"}', 'auth', /403 \(Upgrade\); the plan of GEXBOT_API_KEY may not include history$/],
    [
      400,
      '{"error":"Authorization header not found."}',
      'usage',
      /400 \(Authorization header not found\.\); check the/,
    ],
    [418, '', 'data', /418 \(without a word\); is it the right base URL\?$/],
    [200, '<html>\n<title>Sign in</title>', 'data', /200 \(<html> <title>Sign in<\/title>\) instead of a link/],
    [200, '{"link":"x"}', 'data', /instead of a link/],
    [200, '{"url":"http://["}', 'data', /instead of a link/],
    [404, ' <html>Not Found</html>', 'data', /404 \(<html>Not Found<\/html>\); is it the right base URL\?$/],
    [302, '', 'data', /answered 302 without saying where to/],
  ])('with status %i and %j is told at once', async (code, body, kind, message) => {
    const { error, vendor, left } = await fetched([status(code, {}, body)]);
    expect(error).toMatchObject({ kind, message: expect.stringMatching(message) });
    expect(vendor.seen).toHaveLength(1);
    expect(left).toEqual([]);
  });

  it('never shows the key or a signature, nor more than a line', async () => {
    const said = `bad key ${API_KEY} at https://hist.gex.bot/a?X-Amz-Signature=s3cret ${'x'.repeat(5000)}`;
    const { error, lines } = await fetched([status(400, {}, said)]);
    expect(error.message).toContain('bad key *** at https://hist.gex.bot/a?...');
    expect(error.message.length).toBeLessThan(400);
    expect(JSON.stringify(lines)).not.toMatch(/secret|s3cret/);
  });
});

describe('a link', () => {
  it('may come as a redirect', async () => {
    const files = await peer(file(FILE));
    const { outcome } = await fetched([status(302, { location: `${files.url}/f?sig=1` })], { fileHosts: [files.host] });
    expect(outcome).toMatchObject({ value: { kind: 'fetched', bytes: FILE.length } });
    expect(files.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('to the host of the API itself is allowed, and the key does not go there either', async () => {
    const { outcome, vendor } = await fetched([
      (request, response) => response.end(JSON.stringify({ url: `http://${request.headers.host}/files/x?sig=1` })),
      file(FILE),
    ]);
    expect(outcome).toMatchObject({ value: { kind: 'fetched' } });
    expect(vendor.seen.map(({ headers }) => 'authorization' in headers)).toEqual([true, false]);
  });

  it('is asked for again after 500 and 500, each time later', async () => {
    const files = await peer(file(FILE));
    const link = status(200, {}, JSON.stringify({ url: `${files.url}/f` }));
    const { outcome, sleeps } = await fetched([status(500), status(500), link], { fileHosts: [files.host] });
    expect(outcome).toMatchObject({ value: { kind: 'fetched', attempts: 3 } });
    expect(sleeps).toEqual([1000, 2000]);
  });

  it('that stays away is given up after the retries', async () => {
    const { error, sleeps, vendor } = await fetched([status(503, {}, '{"error":"Overloaded"}')], { retries: 4 });
    expect(error).toMatchObject({
      kind: 'upstream',
      message: expect.stringMatching(/answered 503 \(Overloaded\); given up after 5 attempts, run it again later$/),
    });
    expect([sleeps, vendor.seen.length]).toEqual([[1000, 2000, 4000, 8000], 5]);
  });

  it.each([
    ['seconds', '17', [17_000]],
    ['less than the backoff', '0', [1000]],
    ['a date', 'Sat, 15 Nov 2025 12:00:40 GMT', [40_000]],
    ['far too long', '99999', [300_000]],
  ])('waits as Retry-After says: %s', async (_, header, expected) => {
    const headers = { 'retry-after': header, date: 'Sat, 15 Nov 2025 12:00:00 GMT' };
    const { sleeps } = await fetched([status(503, headers), status(404)]);
    expect(sleeps).toEqual(expected);
  });

  it('is asked for again when nobody listens, or nobody answers', async () => {
    const silent = await fetched([() => {}, status(404)], { timeoutMs: 100 });
    expect(silent.outcome).toMatchObject({ value: { kind: 'missing', attempts: 2 } });
    const { client, ctx } = clientOf('http://127.0.0.1:9', { retries: 1 });
    await expect(client.fetchFile(KEY, join(tempFolder(), 'x.part'), ctx)).rejects.toMatchObject({
      kind: 'upstream',
      message: expect.stringMatching(/cannot be fetched \(.+\); check the network; given up after 2 attempts/),
    });
  });

  it('whose answer trickles in is given up in time', async () => {
    const trickle: Handler = (_, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    const { outcome } = await fetched([trickle, status(404)], { timeoutMs: 150 });
    expect(outcome).toMatchObject({ value: { kind: 'missing', attempts: 2 } });
  });
});

describe('a storm of 429', () => {
  it('holds everybody, also those who have not asked yet', async () => {
    const files = await peer(file(FILE));
    const clock = jumpingClock();
    const askedMs: number[] = [];
    const startMs = clock.now();
    const vendor = await peer((_, response) => {
      askedMs.push(clock.now() - startMs);
      if (askedMs.length === 1) response.writeHead(429, { 'retry-after': '30' }).end('{"error":"slow down"}');
      else response.end(JSON.stringify({ url: `${files.url}/f${askedMs.length}` }));
    });
    const gate = memoryGate({ intervalMs: 100 });
    const held: number[] = [];
    const hold = (ms: number): Promise<void> => {
      held.push(ms - startMs);
      return gate.hold(ms);
    };
    const { ctx } = clientOf(vendor.url, { clock });
    const options: GexbotClientOptions = {
      ...{ baseUrl: vendor.url, apiKey: API_KEY, fileHosts: [files.host], timeoutMs: 2000, retries: 3 },
      ...{ retryWaitMs: 1000, maxFileBytes: 1e9 },
    };
    const client = createGexbotClient(options, { gate: { ...gate, hold }, random: () => 1 });
    const folder = tempFolder();
    const first = await client.fetchFile(KEY, join(folder, 'a.part'), ctx);
    await Promise.all(['b', 'c', 'd'].map((name) => client.fetchFile(KEY, join(folder, `${name}.part`), ctx)));
    await client.close();
    expect(first).toMatchObject({ kind: 'fetched', attempts: 2 });
    expect(held).toEqual([30_000]);
    expect(askedMs).toHaveLength(5);
    expect(Math.min(...askedMs.slice(1))).toBe(30_000);
  });

  it('without Retry-After holds for the backoff', async () => {
    const { outcome, sleeps } = await fetched([status(429), status(429), status(404)]);
    expect(outcome).toMatchObject({ value: { kind: 'missing', attempts: 3 } });
    expect(sleeps).toEqual([1000, 2000]);
  });

  it('that does not end ends the file, not the run', async () => {
    const { error, vendor } = await fetched([status(429, { 'retry-after': '1' })]);
    expect(error).toMatchObject({ kind: 'upstream', message: expect.stringContaining('answered 429') });
    expect(vendor.seen).toHaveLength(4);
  });
});

describe('a client', () => {
  const options = { apiKey: API_KEY, fileHosts: [], timeoutMs: 1, retries: 0, retryWaitMs: 1, maxFileBytes: 1 };
  const ports = { gate: memoryGate({ intervalMs: 0 }) };

  it.each(['', 'api.gex.bot', 'ftp://api.gex.bot', 'file:///etc/passwd'])('refuses the base URL %j', (baseUrl) => {
    expect(() => createGexbotClient({ ...options, baseUrl }, ports)).toThrow(/is not an http or https address/);
  });

  it.each(['', 'gexbot custom', 'key\n', 'schlüssel'])('refuses the key %j without showing it', (apiKey) => {
    const create = () => createGexbotClient({ ...options, baseUrl: 'https://api.gex.bot', apiKey }, ports);
    expect(create).toThrow(
      expect.objectContaining({ kind: 'auth', message: expect.stringMatching(/^GEXBOT_API_KEY/) }),
    );
  });

  it('that is closed leaves no connection open, and does not open one again', async () => {
    const files = await peer(file(FILE));
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host] });
    const path = join(tempFolder(), 'x.part');
    await client.fetchFile(KEY, path, ctx);
    expect([await vendor.connections(), await files.connections()]).toEqual([1, 1]);
    await client.close();
    await expect.poll(async () => [await vendor.connections(), await files.connections()]).toEqual([0, 0]);
    await expect(client.fetchFile(KEY, `${path}2`, ctx)).rejects.toMatchObject({ kind: 'upstream' });
  });

  it('does not warn of leaks with many files at once', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const files = await peer(file(FILE));
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host] });
    const folder = tempFolder();
    const names = Array.from({ length: 30 }, (_, i) => join(folder, `${i}.part`));
    await Promise.all(names.map((name) => client.fetchFile(KEY, name, ctx)));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});
