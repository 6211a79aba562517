import { symlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../src/server/start.js';
import { addFiles, archiveOf, DATE, DEFAULTS, fixtureF, recordingCtx, SAMPLES, serve } from './fixture.js';

describe('starting', () => {
  it('tells the address, the day and what is loaded', async () => {
    const server = await serve();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server).toMatchObject({ date: DATE, files: 10, tickers: ['ES_SPX', 'SPX'] });
  });

  it('on localhost answers by that name and closes at once', async () => {
    const server = await serve({ host: 'localhost' });
    expect(server.url).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await server.get('/health')).status).toBe(200);
    expect(server.lines.filter((line) => line.level === 'warn')).toEqual([]);
    await server.close();
    await expect(server.get('/health')).rejects.toThrow();
  });

  it('latest and an empty date are the newest day that holds records', async () => {
    const root = await fixtureF();
    await addFiles(root, { '2026-05-01/SPX/classic/gex_full.json': '[]' });
    for (const date of ['latest', '']) expect((await serve({ root, date })).date).toBe(DATE);
  });

  it('with an empty archive is a missing error that names gex synth', async () => {
    const root = await archiveOf({});
    await expect(serve({ root })).rejects.toMatchObject({
      kind: 'missing',
      message: expect.stringMatching(/No market day is held in .*gex synth/),
    });
    await expect(serve({ root: join(root, 'absent') })).rejects.toMatchObject({ kind: 'missing' });
  });

  it('with an unknown date is a missing error that lists the days held', async () => {
    const days = Array.from({ length: 12 }, (_, i) => `2026-04-${String(i + 10)}`);
    const root = await archiveOf(
      Object.fromEntries(days.map((day) => [`${day}/SPX/classic/gex_full.jsonl`, `${SAMPLES.gex}\n`])),
    );
    await expect(serve({ root, date: '2026-01-02' })).rejects.toMatchObject({
      kind: 'missing',
      message: expect.stringMatching(/No data for 2026-01-02 .*held: 2026-04-12, .*, 2026-04-21 and 2 earlier\./),
    });
  });

  it('on a port in use is a usage error that names the port and what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => other.close(() => resolve())));
    const { port } = other.address() as { port: number };
    await expect(serve({ port })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use; .*--port`)),
    });
  });

  it('on an address of another machine is a usage error', async () => {
    await expect(serve({ host: '192.0.2.1' })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/192\.0\.2\.1 is not an address of this machine/),
    });
  });

  it('with a file that cannot be opened is a storage error that names it', async () => {
    const root = await fixtureF();
    await symlink('gex_one.jsonl', join(root, DATE, 'SPX/classic/gex_one.jsonl'));
    await expect(serve({ root })).rejects.toMatchObject({ kind: 'storage', message: expect.stringMatching(/gex_one/) });
  });

  it('stops loading when it is interrupted', async () => {
    const { ctx } = recordingCtx();
    const reason = new Error('stop');
    const stopped = { ...ctx, signal: AbortSignal.abort(reason) };
    await expect(startServer({ ...DEFAULTS, root: await fixtureF() }, stopped)).rejects.toBe(reason);
  });
});

describe('closing', () => {
  /** A request whose body has not ended yet; `finish` ends it and gives the answer. */
  const begin = async (url: string) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const answer = text(socket).catch(() => '');
    const body = JSON.stringify({ date: DATE });
    socket.write(`POST /reload-date HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: ${body.length}\r\n\r\n{`);
    await expect.poll(() => socket.bytesWritten).toBeGreaterThan(0);
    return {
      answer,
      finish: () => {
        socket.write(body.slice(1));
        return answer;
      },
    };
  };

  it('lets a request under way finish, refuses new ones and leaves no connection open', async () => {
    const server = await serve();
    await server.get('/health');
    const request = await begin(server.url);
    await server.get('/health');
    const closed = server.close();
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
    expect(await request.finish()).toMatch(/^HTTP\/1\.1 200 .*"new_date":"2026-04-29"/s);
    await closed;
  });

  it('cuts what is still under way after 10 s', async () => {
    const { ctx, lines } = recordingCtx();
    const naps: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void naps.push(ms) };
    const server = await startServer({ ...DEFAULTS, root: await fixtureF() }, { ...ctx, clock });
    const request = await begin(server.url);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    await server.close();
    expect(await request.answer).toBe('');
    expect(naps).toEqual([10_000]);
    expect(lines.map((line) => line.message)).toContain('requests still under way after 10 s were cut');
  });
});
