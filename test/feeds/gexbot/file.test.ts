import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../helpers/folder.js';
import { api, clientOf, cutFile, file, type Handler, jumpingClock, KEY, peer, status } from './vendor.js';

const BODY = Buffer.from(JSON.stringify(Array.from({ length: 30_000 }, (_, i) => ({ timestamp: 1763130600 + i, i }))));

type Options = Parameters<typeof clientOf>[1] & { readonly path?: string };

/** What comes of a fetch from a file host with these answers. */
async function fetched(
  handlers: readonly Handler[],
  { path = join(tempFolder(), 'x.part'), ...options }: Options = {},
) {
  const clock = jumpingClock();
  const files = await peer(...handlers);
  const vendor = await api(files);
  const { client, ctx, lines } = clientOf(vendor.url, { clock, fileHosts: [files.host], ...options });
  const [outcome] = await Promise.allSettled([client.fetchFile(KEY, path, ctx)]);
  const error = outcome?.status === 'rejected' ? outcome.reason : undefined;
  const value = outcome?.status === 'fulfilled' ? outcome.value : undefined;
  const ranges = files.seen.map(({ headers }) => headers.range);
  const bytes = existsSync(path) ? readFileSync(path) : undefined;
  expect(files.seen.some(({ headers }) => 'authorization' in headers)).toBe(false);
  expect(JSON.stringify([lines, error?.message])).not.toContain('s3cret');
  return {
    value,
    error,
    files,
    vendor,
    ranges,
    bytes,
    path,
    sleeps: clock.sleeps,
    left: readdirSync(join(path, '..')),
  };
}

const sidecarOf = (path: string) => JSON.parse(readFileSync(`${path}.json`, 'utf8'));

describe('a file that comes', () => {
  it('with a length that it does not keep is fetched to its end', async () => {
    const lying: Handler = (_, response) => {
      response.writeHead(200, { 'content-length': BODY.length, etag: '"v1"' });
      response.write(BODY.subarray(0, 5000)); // and then nothing more
    };
    const { value, bytes, ranges } = await fetched([lying, file(BODY)], { timeoutMs: 150 });
    expect(value).toMatchObject({ kind: 'fetched', attempts: 2 });
    expect(bytes?.equals(BODY)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=5000-']);
  });

  it('without any length is whole when its chunks end', async () => {
    const chunked: Handler = (_, response) => {
      response.write(BODY.subarray(0, 1000));
      response.end(BODY.subarray(1000));
    };
    const { value, bytes, path } = await fetched([chunked]);
    expect(value).toMatchObject({ kind: 'fetched', attempts: 1, bytes: BODY.length });
    expect(bytes?.equals(BODY)).toBe(true);
    expect(sidecarOf(path)).not.toHaveProperty('total');
  });

  it('in chunks that break off is not whole', async () => {
    const broken: Handler = (_, response) => void response.write(BODY.subarray(0, 1000), () => response.destroy());
    const { value, bytes, ranges } = await fetched([broken, file(BODY)]);
    expect(value).toMatchObject({ attempts: 2 });
    expect(bytes?.equals(BODY)).toBe(true);
    expect(ranges).toEqual([undefined, undefined]); // nothing named the bytes: they cannot be continued
  });

  it('in gzip rests as it came, and is continued in gzip', async () => {
    const packed = gzipSync(BODY);
    const headers = { 'content-encoding': 'gzip' };
    const { bytes, path, files } = await fetched([cutFile(packed, 3000, { headers }), file(packed, { headers })]);
    expect(bytes && gunzipSync(bytes).equals(BODY)).toBe(true);
    expect(sidecarOf(path)).toMatchObject({ encoding: 'gzip', total: packed.length, wholeBytes: packed.length });
    expect(files.seen.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', 'gzip']);
  });

  it('in gzip that was truncated at its source is passed on as it is', async () => {
    const packed = gzipSync(BODY).subarray(0, -20);
    const { value, bytes } = await fetched([file(packed, { headers: { 'content-encoding': 'gzip' } })]);
    expect(value).toMatchObject({ kind: 'fetched', bytes: packed.length });
    expect(() => bytes && gunzipSync(bytes)).toThrow(/unexpected end/);
  });

  it('packed on the fly is asked for without gzip once it was cut, so that it can be continued', async () => {
    const onTheFly: Handler = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', etag: 'W/"v1"' });
      response.write(gzipSync(BODY).subarray(0, 2000), () => response.destroy());
    };
    const { value, bytes, files, ranges } = await fetched([onTheFly, cutFile(BODY, 9000), file(BODY)]);
    expect(value).toMatchObject({ attempts: 3 });
    expect(bytes?.equals(BODY)).toBe(true);
    expect(files.seen.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', 'identity', 'identity']);
    expect(ranges).toEqual([undefined, undefined, 'bytes=9000-']);
  });

  it('in an encoding that was not asked for is refused', async () => {
    const { error, left } = await fetched([file(BODY, { headers: { 'content-encoding': 'br' } })]);
    expect(error).toMatchObject({ kind: 'data', message: expect.stringContaining('in the encoding "br"') });
    expect(left).toEqual([]);
  });

  it('as a web page is refused, and what is there already stays', async () => {
    const path = join(tempFolder(), 'x.part');
    await fetched([cutFile(BODY, 7000)], { path, retries: 0 });
    const page = status(200, { 'content-type': 'text/html; charset=utf-8' }, '<html>\nPlease  sign in</html>');
    const { error, bytes } = await fetched([page], { path });
    expect(error).toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/a web page, .*<html> Please sign in/),
    });
    expect(bytes?.length).toBe(7000);
  });

  it.each([
    ['announced', (body: Buffer) => file(body)],
    [
      'not announced',
      (body: Buffer): Handler =>
        (_, response) =>
          void response.write(body, () => response.end()),
    ],
  ])('larger than allowed (%s) is refused and takes no room', async (_, handler) => {
    const { error, left } = await fetched([handler(BODY)], { maxFileBytes: 100_000 });
    expect(error).toMatchObject({ kind: 'data', message: expect.stringContaining('larger than the 100000 bytes') });
    expect(left).toEqual([]);
  });

  it('slower than the least pace is given up for this attempt', async () => {
    const start = Date.parse('2025-11-15T12:00:00Z');
    let minutes = 0;
    // Ten seconds pass with every look at the clock.
    const clock = { now: () => start + 10_000 * minutes++, sleep: async () => {} };
    const trickle: Handler = (_, response) => {
      response.writeHead(200, { 'content-length': BODY.length, etag: '"v1"' });
      const timer = setInterval(() => response.write('['), 2);
      response.on('close', () => clearInterval(timer));
    };
    const files = await peer(trickle);
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url, { clock, fileHosts: [files.host], retries: 1 });
    await expect(client.fetchFile(KEY, join(tempFolder(), 'x.part'), ctx)).rejects.toMatchObject({
      kind: 'upstream',
      message: expect.stringMatching(/sent only \d+ bytes in a minute; given up after 2 attempts/),
    });
  });
});

describe('a file that changes between two attempts', () => {
  const other = Buffer.from(BODY.toString().replaceAll('176', '175'));

  it('begins again', async () => {
    const { bytes, ranges } = await fetched([cutFile(BODY, 5000), file(other, { etag: '"v2"' })]);
    expect(bytes?.equals(other)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=5000-']);
  });

  it('begins again where If-Range is not understood', async () => {
    const careless: Handler = (request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      const range = `bytes ${start}-${other.length - 1}/${other.length}`;
      response.writeHead(request.headers.range ? 206 : 200, { etag: '"v2"', 'content-range': range });
      response.end(other.subarray(start));
    };
    const { value, bytes, ranges } = await fetched([cutFile(BODY, 5000), careless]);
    expect(value).toMatchObject({ attempts: 2 });
    expect(bytes?.equals(other)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=5000-', undefined]);
  });

  it.each([
    ['another start', `bytes 4999-${BODY.length - 1}/${BODY.length}`],
    ['another length', `bytes 5000-${BODY.length}/${BODY.length + 1}`],
    ['no range', undefined],
  ])('begins again after a 206 with %s', async (_, range) => {
    const wrong: Handler = (_, response) => {
      response.writeHead(206, range === undefined ? {} : { 'content-range': range }).end(BODY.subarray(4999));
    };
    const { bytes, ranges } = await fetched([cutFile(BODY, 5000), wrong, file(BODY)]);
    expect(bytes?.equals(BODY)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=5000-', undefined]);
  });

  it('begins again where ranges are not known', async () => {
    const plain: Handler = (_, response) => response.writeHead(200, { 'content-length': BODY.length }).end(BODY);
    const { bytes } = await fetched([cutFile(BODY, 5000), plain]);
    expect(bytes?.equals(BODY)).toBe(true);
  });

  it('is continued by its date where it has no tag', async () => {
    const modified = 'Fri, 14 Nov 2025 21:30:00 GMT';
    const headers = { 'last-modified': modified };
    const cut = cutFile(BODY, 5000, { etag: '', headers });
    const rest: Handler = (request, response) => {
      expect(request.headers['if-range']).toBe(modified);
      const range = `bytes 5000-${BODY.length - 1}/${BODY.length}`;
      response.writeHead(206, { ...headers, 'content-range': range }).end(BODY.subarray(5000));
    };
    const { bytes, ranges } = await fetched([cut, rest]);
    expect(bytes?.equals(BODY)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=5000-']);
  });
});

describe('a file of which all bytes are there', () => {
  /** All bytes in chunks that break off before their end mark. */
  const unended: Handler = (_, response) => {
    response.writeHead(200, { etag: '"v1"' });
    response.write(BODY, () => response.destroy());
  };

  it('is whole when 416 says so', async () => {
    const { value, bytes, ranges } = await fetched([unended, file(BODY)]);
    expect(value).toMatchObject({ attempts: 2, bytes: BODY.length });
    expect(bytes?.equals(BODY)).toBe(true);
    expect(ranges).toEqual([undefined, `bytes=${BODY.length}-`]);
  });

  it('begins again when 416 says another length', async () => {
    const shorter = BODY.subarray(0, 6000);
    const { value, bytes } = await fetched([unended, file(shorter)]);
    expect(value).toMatchObject({ attempts: 2, bytes: 6000 });
    expect(bytes?.equals(shorter)).toBe(true);
  });

  it('is not asked for again by the next run', async () => {
    const path = join(tempFolder(), 'x.part');
    await fetched([file(BODY)], { path });
    const { value, vendor, files } = await fetched([status(500)], { path });
    expect(value).toEqual({ kind: 'fetched', path, bytes: BODY.length, attempts: 0 });
    expect([vendor.seen.length, files.seen.length]).toEqual([0, 0]);
  });
});

describe('a file host that refuses', () => {
  it.each([400, 401, 403, 410])('with %i an old link gets a new one', async (code) => {
    const expired = status(code, {}, '<Error><Code>AccessDenied</Code><StringToSign>s3cret</StringToSign></Error>');
    const { value, bytes, files, ranges } = await fetched([cutFile(BODY, 5000), expired, file(BODY)]);
    expect(value).toMatchObject({ attempts: 3 });
    expect(bytes?.equals(BODY)).toBe(true);
    expect(files.seen.map(({ url }) => url)).toEqual([1, 2, 3].map((n) => `/day/gex_full.json?signature=s3cret${n}`));
    expect(ranges).toEqual([undefined, 'bytes=5000-', 'bytes=5000-']);
  });

  it('every link is given up after the retries, with its reason', async () => {
    const { error, files } = await fetched([status(403, {}, '<Error><Code>AccessDenied</Code></Error>')]);
    const message = /gex_full\.json answered 403 \(AccessDenied\): the link .*; given up after 4 attempts/;
    expect(error).toMatchObject({ kind: 'upstream', message: expect.stringMatching(message) });
    expect(files.seen).toHaveLength(4);
  });

  it('with 503 is asked again when it says', async () => {
    const { value, sleeps } = await fetched([status(503, { 'retry-after': '9' }), file(BODY)]);
    expect([value, sleeps]).toMatchObject([{ attempts: 2 }, [9000]]);
  });

  it('with 404 does not have it', async () => {
    const { value, left } = await fetched([status(404)]);
    expect([value, left]).toEqual([{ kind: 'missing', attempts: 1 }, []]);
  });

  it('with anything else ends the file', async () => {
    const { error, files } = await fetched([status(451)]);
    expect(error).toMatchObject({ kind: 'data', message: expect.stringContaining('answered 451 instead of a file') });
    expect(files.seen).toHaveLength(1);
  });
});

describe('a redirect of the file host', () => {
  const redirect = (location: string): Handler => status(302, { location });

  it('to an allowed host is followed, and continued there', async () => {
    const cdn = await peer(cutFile(BODY, 5000), file(BODY));
    const host = await peer(redirect(`${cdn.url}/cdn/x?signature=s3cret`));
    const vendor = await api(host);
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [host.host, cdn.host] });
    const path = join(tempFolder(), 'x.part');
    expect(await client.fetchFile(KEY, path, ctx)).toMatchObject({ attempts: 2 });
    expect(readFileSync(path).equals(BODY)).toBe(true);
    expect(cdn.seen.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=5000-']);
    expect([...host.seen, ...cdn.seen].some(({ headers }) => 'authorization' in headers)).toBe(false);
  });

  it('to a foreign host ends the file without a request there', async () => {
    const foreign = await peer(file(BODY));
    const { error, files } = await fetched([redirect(`${foreign.url}/x?signature=s3cret`)]);
    expect(error).toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/^the file is at http:\/\/127.*\/x, and it is not among .*GEXBOT_FILE_HOSTS/),
    });
    expect([foreign.seen.length, files.seen.length]).toEqual([0, 1]);
  });

  it('in a loop ends the file', async () => {
    const { error, files } = await fetched([redirect('/a'), redirect('/b'), redirect('/a')]);
    expect(error).toMatchObject({ kind: 'data', message: expect.stringContaining('redirects in a loop') });
    expect(files.seen).toHaveLength(3);
  });

  it('that goes on and on ends the file', async () => {
    const onward: Handler = (request, response) => response.writeHead(307, { location: `${request.url}x` }).end();
    const { error, files } = await fetched([onward]);
    expect(error).toMatchObject({ kind: 'data', message: expect.stringContaining('redirects more than 5 times') });
    expect(files.seen).toHaveLength(6);
  });
});

describe('the fallback of a file host', () => {
  /** Two hosts with the same files, and what comes of a fetch. */
  async function fetchedFrom(first: readonly Handler[], second: readonly Handler[], isAllowed = true) {
    const [primary, fallback] = [await peer(...first), await peer(...second)];
    const vendor = await api(primary);
    const { client, ctx, lines } = clientOf(vendor.url, {
      fileHosts: [primary.host, ...(isAllowed ? [fallback.host] : [])],
      fallbackHosts: { [primary.host]: fallback.host },
    });
    const path = join(tempFolder(), 'x.part');
    const [outcome] = await Promise.allSettled([client.fetchFile(KEY, path, ctx)]);
    return { outcome, primary, fallback, lines, bytes: existsSync(path) ? readFileSync(path) : undefined };
  }

  it('is asked once per attempt for the same path and signature, from the beginning', async () => {
    const { outcome, primary, fallback, bytes, lines } = await fetchedFrom(
      [cutFile(BODY, 5000), status(500)],
      [file(BODY)],
    );
    expect(outcome).toMatchObject({ value: { attempts: 2 } });
    expect(bytes?.equals(BODY)).toBe(true);
    expect(primary.seen.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=5000-']);
    expect(fallback.seen).toMatchObject([{ url: '/day/gex_full.json?signature=s3cret2' }]);
    expect(fallback.seen[0]?.headers).not.toHaveProperty('range');
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });

  it('goes on with its own bytes in the next attempt', async () => {
    const { outcome, primary, fallback, bytes } = await fetchedFrom([status(500)], [cutFile(BODY, 5000), file(BODY)]);
    expect(outcome).toMatchObject({ value: { attempts: 2 } });
    expect(bytes?.equals(BODY)).toBe(true);
    expect([primary.seen.length, fallback.seen.map(({ headers }) => headers.range)]).toEqual([
      1,
      [undefined, 'bytes=5000-'],
    ]);
  });

  it('does not change what the first host said when it has nothing either', async () => {
    const missing = await fetchedFrom([status(404)], [status(403)]);
    expect(missing.outcome).toEqual({ status: 'fulfilled', value: { kind: 'missing', attempts: 1 } });
    const failing = await fetchedFrom([status(500)], [status(404)]);
    expect(failing.outcome).toMatchObject({ reason: { message: expect.stringContaining('answered 500') } });
  });

  it('is left alone when it is not allowed', async () => {
    const { outcome, fallback } = await fetchedFrom([status(500)], [file(BODY)], false);
    expect(outcome).toMatchObject({ reason: { message: expect.stringContaining('answered 500') } });
    expect(fallback.seen).toHaveLength(0);
  });
});
