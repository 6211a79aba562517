import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/io/ctx.js';
import { startServer } from '../../src/server/start.js';
import { addFiles, archiveOf, bearer, DATE, DEFAULTS, fixtureF, recordingCtx, SAMPLES, serve } from './fixture.js';

const LINK = `/v2/hist/SPX/classic/gex_full/${DATE}`;
const HISTORY = { linkLifeMs: 60_000, windowDays: 0 };

/** The members of a ZIP by its central directory: name, and bytes as stored. */
function membersOf(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const members = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < zip.readUInt16LE(end + 10); i++) {
    const [method, size, nameLength] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt16LE(at + 28),
    ];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    expect(method).toBe(0);
    members.set(zip.toString('utf8', at + 46, at + 46 + nameLength), zip.subarray(start, start + size));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return members;
}

/** A server whose clock the test moves. */
async function serveAt(root: string, startMs: number, history = HISTORY) {
  const clock = { ...systemClock, now: () => time.ms };
  const time = { ms: startMs };
  const { ctx } = recordingCtx();
  const server = await startServer({ ...DEFAULTS, root, history }, { ...ctx, clock });
  return { time, server, get: (path: string) => fetch(server.url + path, { headers: bearer(), redirect: 'manual' }) };
}

describe('/hist', () => {
  it.each(['?noredirect', '?noredirect=', '?noredirect=1'])(
    '%s answers a link that works without a key (checks 29 and 30)',
    async (query) => {
      const server = await serve();
      const answer = await server.get(LINK + query, bearer());
      expect([answer.status, Object.keys(answer.json)]).toEqual([200, ['url']]);
      const file = await fetch(answer.json.url, { headers: { 'accept-encoding': 'identity' } });
      expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/json']);
      const text = await file.text();
      expect(file.headers.get('content-length')).toBe(String(text.length));
      const records = JSON.parse(text);
      expect(records.map((record: { timestamp: number }) => record.timestamp)).toEqual([
        1777492798, 1777492799, 1777492800,
      ]);
      expect(text.endsWith(`,${SAMPLES.gex}]`)).toBe(true);
    },
  );

  it('alone is a 302 whose Location works without a key (check 31)', async () => {
    const server = await serve();
    const answer = await server.get(LINK, bearer('gexbot_custom_secret'));
    expect(answer.status).toBe(302);
    const location = answer.headers.get('location') ?? '';
    expect(location.startsWith(`${server.url}/files/SPX/classic/gex_full/${DATE}?`)).toBe(true);
    expect(location).not.toContain('secret');
    expect(await (await fetch(location)).json()).toHaveLength(3);
    const followed = await fetch(server.url + LINK, { headers: bearer() });
    expect(followed.redirected).toBe(true);
    expect(await followed.json()).toHaveLength(3);
  });

  it('the file comes with gzip on request and unpacks to the same (check 32)', async () => {
    const server = await serve();
    const { url } = (await server.get(`${LINK}?noredirect`, bearer())).json;
    const packed = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
    expect([packed.headers.get('content-encoding'), packed.headers.get('vary')]).toEqual(['gzip', 'accept-encoding']);
    const plain = await fetch(url, { headers: { 'accept-encoding': 'gzip;q=0, identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await packed.text()).toBe(await plain.text());
  });

  it('needs a key, moves no position, and takes aliases and either case', async () => {
    const server = await serve();
    expect((await server.get(`${LINK}?noredirect`)).text).toBe('{"error":"Authorization header not found."}');
    for (const path of [`/hist/es_spx/classic/full/${DATE}`, `/hist/SPX/orderflow/orderflow/${DATE}`]) {
      expect((await server.get(path, bearer())).status).toBe(302);
    }
    expect((await server.post('/reset-cache')).json.count).toBe(0);
  });

  it.each([
    ['a Sunday', '/hist/SPX/classic/gex_full/2026-04-26', 404, /on 2026-04-26: it is not a trading day$/],
    ['a day that is not held', '/hist/SPX/classic/gex_full/2026-04-28', 404, /gex_full on 2026-04-28$/],
    ['a year without a calendar', '/hist/SPX/classic/gex_full/1900-01-02', 404, /on 1900-01-02$/],
    ['a category that is not held', `/hist/SPX/classic/gex_one/${DATE}`, 404, /^No history for SPX\/classic\/gex_one/],
    ['a ticker that is not held', `/hist/QQQ/classic/gex_full/${DATE}`, 404, /^No history for QQQ/],
    ['a malformed date', '/hist/SPX/classic/gex_full/2026-4-9', 400, /^parameter "date" in path: .*YYYY-MM-DD/],
    ['a date that does not exist', '/hist/SPX/classic/gex_full/2026-02-30', 400, /2026-02-30/],
    ['a category of another package', `/hist/SPX/classic/gamma_zero/${DATE}`, 400, /^parameter "category" in path/],
    ['an unknown package', `/hist/SPX/none/gex_full/${DATE}`, 400, /^parameter "package" in path/],
    ['dots in the category', `/hist/SPX/classic/..%2F..%2Fpasswd/${DATE}`, 400, /^parameter "category"/],
  ])('%s is refused (checks 33 and 34)', async (_name, path, status, message) => {
    const server = await serve();
    for (const prefix of ['', '/v2']) {
      const answer = await server.get(prefix + path, bearer());
      expect([answer.status, answer.json.error]).toEqual([status, expect.stringMatching(message)]);
    }
  });

  it('gives out only as many days as HIST_WINDOW_DAYS says', async () => {
    const root = await fixtureF();
    const day = Date.parse(`${DATE}T20:00:00Z`);
    const { time, server, get } = await serveAt(root, day + 90 * 86_400_000, { ...HISTORY, windowDays: 90 });
    expect((await get(LINK)).status).toBe(302);
    time.ms += 86_400_000;
    const late = await get(LINK);
    expect([late.status, await late.json()]).toEqual([
      404,
      { error: `No history for SPX/classic/gex_full on ${DATE}: it is more than 90 days ago` },
    ]);
    await server.close();
  });
});

describe('a link', () => {
  it('ends when HIST_URL_TTL is over', async () => {
    const { time, server, get } = await serveAt(await fixtureF(), 1_800_000_000_000);
    const { url } = (await (await get(`${LINK}?noredirect`)).json()) as { url: string };
    time.ms += 59_000;
    expect((await fetch(url)).status).toBe(200);
    time.ms += 1_000;
    const late = await fetch(url);
    expect([late.status, await late.json()]).toEqual([403, { error: 'This link has expired: ask for a new one.' }]);
    await server.close();
  });

  it('is good for its file and time only', async () => {
    const server = await serve();
    const { url } = (await server.get(`${LINK}?noredirect`, bearer())).json as { url: string };
    const expires = Number(new URL(url).searchParams.get('expires'));
    for (const changed of [
      url.replace('gex_full', 'gex_zero'),
      url.replace('SPX', 'ES_SPX'),
      url.replace(String(expires), String(expires + 1)),
      url.replace(/signature=./, 'signature=!'),
      url.slice(0, -1),
    ]) {
      expect([changed, (await fetch(changed)).status]).toEqual([changed, 403]);
    }
    const other = await serve();
    expect((await fetch(url.replace(server.url, other.url))).status).toBe(403);
    expect((await fetch(url.replace(/&signature.*/, ''))).status).toBe(400);
  });

  it('works on another server with the same SIGNING_SECRET', async () => {
    const one = await serve({ signingSecret: 'shared' });
    const two = await serve({ signingSecret: 'shared' });
    const { url } = (await one.get(`${LINK}?noredirect`, bearer())).json;
    expect((await fetch(url.replace(one.url, two.url))).status).toBe(200);
  });
});

describe('files in parts', () => {
  it.each([
    ['bytes=0-0', 206, [0, 1]],
    ['bytes=5-', 206, [5, undefined]],
    ['bytes=-7', 206, [-7, undefined]],
    ['bytes=3-999999', 206, [3, undefined]],
    ['bytes=0-1,5-6', 200, [0, undefined]],
    ['bytes=9-5', 200, [0, undefined]],
    ['lines=1-2', 200, [0, undefined]],
  ] as const)('Range %s is a %i of the array and of the stored file', async (range, status, [start, end]) => {
    const server = await serve();
    const { url } = (await server.get(`${LINK}?noredirect`, bearer())).json;
    for (const file of [url, `${server.url}/download/${DATE}/SPX/classic/full`]) {
      const whole = await (await fetch(file)).text();
      const answer = await fetch(file, { headers: { range, 'accept-encoding': 'gzip' } });
      const text = await answer.text();
      expect([answer.status, text]).toEqual([status, whole.slice(start, end)]);
      if (status === 206) {
        expect(answer.headers.get('content-length')).toBe(String(text.length));
        const from = start < 0 ? whole.length + start : start;
        expect(answer.headers.get('content-range')).toBe(`bytes ${from}-${from + text.length - 1}/${whole.length}`);
      }
    }
  });

  it('a part behind the end is a 416 that tells the length', async () => {
    const server = await serve();
    const { url } = (await server.get(`${LINK}?noredirect`, bearer())).json;
    const length = (await (await fetch(url)).text()).length;
    const answer = await fetch(url, { headers: { range: `bytes=${length}-` } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${length}`]);
  });

  it('whoever has the file already gets a 304, and If-Range the whole when it has changed', async () => {
    const root = await fixtureF();
    const server = await serve({ root });
    const file = `${server.url}/download/${DATE}/SPX/classic/full`;
    const first = await fetch(file);
    const etag = first.headers.get('etag') ?? '';
    const known = await fetch(file, { headers: { 'if-none-match': `"x", ${etag}` } });
    expect([known.status, await known.text()]).toEqual([304, '']);
    const resume = { range: 'bytes=2-', 'if-range': etag };
    expect((await fetch(file, { headers: resume })).status).toBe(206);
    await addFiles(root, { [`${DATE}/SPX/classic/gex_full.jsonl`]: `${SAMPLES.gex}\n` });
    const changed = await fetch(file, { headers: resume });
    expect([changed.status, await changed.text()]).toEqual([200, `${SAMPLES.gex}\n`]);
    expect((await fetch(file, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });
});

describe('links that lead out of the archive', () => {
  it('are as good as absent, for files and for folders', async () => {
    const outside = await archiveOf({ 'secret.jsonl': '{"secret":1}\n', 'classic/gex_zero.jsonl': '{"secret":1}\n' });
    const root = await fixtureF();
    await symlink(join(outside, 'secret.jsonl'), join(root, DATE, 'SPX/classic/gex_one.jsonl'));
    await addFiles(root, { [`${DATE}/QQQ/state/gex_full.jsonl`]: '{"timestamp":1}\n' });
    await symlink(join(outside, 'classic'), join(root, DATE, 'QQQ/classic'));
    const server = await serve({ root });
    for (const path of [
      `/hist/SPX/classic/gex_one/${DATE}`,
      `/hist/QQQ/classic/gex_zero/${DATE}`,
      `/download/${DATE}/SPX/classic/one`,
      `/download/${DATE}/QQQ/classic/zero`,
      '/SPX/classic/gex_one',
      '/QQQ/classic/gex_zero',
    ]) {
      const answer = await server.get(path, bearer());
      expect([path, answer.status, answer.text.includes('secret')]).toEqual([path, 404, false]);
    }
    const zip = await fetch(`${server.url}/hist/eod/QQQ`, { headers: bearer() });
    expect([...membersOf(Buffer.from(await zip.arrayBuffer())).keys()]).toEqual([
      `QQQ/state/gex_full/${DATE}_QQQ_state_gex_full.json.gz`,
    ]);
    const held = (await server.get(`/available-data/${DATE}`)).json;
    expect(held.summary).toEqual({ total_tickers: 3, total_files: 11 });
  });

  it('links within the archive, and an archive that is a link itself, are served', async () => {
    const held = await fixtureF();
    await symlink('gex_full.jsonl', join(held, DATE, 'SPX/classic/gex_one.jsonl'));
    const folder = await archiveOf({});
    await symlink(held, join(folder, 'data'));
    const server = await serve({ root: join(folder, 'data') });
    expect((await server.get(`/hist/SPX/classic/gex_one/${DATE}`, bearer())).status).toBe(302);
    expect((await server.get('/SPX/classic/gex_one', bearer())).status).toBe(200);
  });
});

describe('/hist/eod', () => {
  it('is a ZIP of one gzipped array per category, the same as /hist serves', async () => {
    const server = await serve();
    for (const path of ['/hist/eod/spx', '/v2/hist/eod/SPX']) {
      const answer = await fetch(server.url + path, { headers: bearer() });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
      expect(answer.headers.get('content-disposition')).toBe(`attachment; filename=eod_report_SPX_${DATE}.zip`);
      const members = membersOf(Buffer.from(await answer.arrayBuffer()));
      expect([...members.keys()]).toEqual(
        ['classic/gex_full', 'classic/gex_zero', 'state/gamma_zero', 'state/gex_zero', 'orderflow/orderflow']
          .map((stream) => `SPX/${stream}/${DATE}_SPX_${stream.replace('/', '_')}.json.gz`)
          .sort(),
      );
      for (const [name, bytes] of members) {
        const [, packageName, category] = name.split('/');
        const file = await fetch(`${server.url}/hist/SPX/${packageName}/${category}/${DATE}`, { headers: bearer() });
        expect(gunzipSync(bytes).toString()).toBe(await file.text());
      }
    }
  });

  it('is the newest finished session that holds the ticker', async () => {
    const root = await fixtureF();
    await addFiles(root, {
      '2026-04-28/SPX/classic/gex_full.jsonl': '{"timestamp":1}\n',
      '2026-04-30/QQQ/classic/gex_full.jsonl': '{"timestamp":2}\n',
    });
    const { time, server, get } = await serveAt(root, Date.parse(`${DATE}T19:59:59Z`));
    const name = async (ticker: string) => {
      const answer = await get(`/hist/eod/${ticker}`);
      await answer.arrayBuffer();
      return answer.headers.get('content-disposition')?.slice(-14) ?? answer.status;
    };
    expect(await name('SPX')).toBe('2026-04-28.zip');
    expect(await name('ES_SPX')).toBe(404);
    time.ms += 1000;
    expect(await name('SPX')).toBe(`${DATE}.zip`);
    time.ms += 2 * 86_400_000;
    expect([await name('SPX'), await name('QQQ'), await name('NDX')]).toEqual([`${DATE}.zip`, '2026-04-30.zip', 404]);
    await server.close();
  });

  it('is the same bytes every time', async () => {
    const server = await serve();
    const digests = [];
    for (const _ of [1, 2]) {
      const answer = await fetch(`${server.url}/hist/eod/SPX`, { headers: bearer() });
      digests.push(
        createHash('sha256')
          .update(Buffer.from(await answer.arrayBuffer()))
          .digest('hex'),
      );
    }
    expect(digests[0]).toBe(digests[1]);
  });
});

// Only Linux tells a process which files it has open.
describe.skipIf(!existsSync('/proc/self/fd'))('a client that goes away', () => {
  it.each([`/hist/SPX/classic/gex_full/${DATE}`, '/hist/eod/SPX', `/download/${DATE}/SPX/classic/full`])(
    'in the middle of %s leaves no file open',
    async (path) => {
      const line = `{"timestamp":1,"pad":"${randomBytes(5000).toString('hex')}"}\n`;
      const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: line.repeat(2000) });
      const server = await serve({ root });
      const open = (): number =>
        readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(root) && linkOf(fd).endsWith('.jsonl'))
          .length;
      const leave = new AbortController();
      const { body } = await fetch(server.url + path, { headers: bearer(), signal: leave.signal });
      const reader = body?.getReader();
      // A ZIP begins with a name: the file is opened for what comes after.
      while (open() === 0) expect(await reader?.read()).toMatchObject({ done: false });
      leave.abort();
      while (open() > 0) await turn();
    },
  );
});

/** What an open file descriptor of this process leads to. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
