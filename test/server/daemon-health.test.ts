import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDaemonHealth } from '../../src/server/daemon-health.js';
import type { DaemonStatus } from '../../src/server/daemon-status.js';
import { recordingCtx } from './fixture.js';

const FULL: DaemonStatus = {
  startedMs: Date.UTC(2025, 10, 14, 1),
  running: true,
  lastRun: { startedMs: Date.UTC(2025, 10, 15, 1), status: 'partial', dates: ['2025-11-14'] },
  lastSuccessMs: Date.UTC(2025, 10, 14, 1, 10),
  nextRunMs: Date.UTC(2025, 10, 18, 1),
  runs: { done: 12, partial: 1 },
  holes: 4,
  daysLeftMin: 88,
};

const FRESH: DaemonStatus = { startedMs: Date.UTC(2025, 10, 14, 1), running: false };

async function start(status: () => DaemonStatus | Promise<DaemonStatus>) {
  const { ctx, lines } = recordingCtx();
  const server = await startDaemonHealth(
    { host: '127.0.0.1', port: 0 },
    { status: async () => status(), log: ctx.log },
  );
  onTestFinished(() => server.close());
  return { ...server, lines };
}

const get = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
};

describe('/health of the daemon', () => {
  it('tells the last and the next run and the holes', async () => {
    const { url } = await start(() => FULL);
    const { status, text } = await get(`${url}/health`);
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        ...{ schema: 'gex-daemon-health/1', status: 'ok', started: '2025-11-14T01:00:00.000Z', running: true },
        last_run: { started: '2025-11-15T01:00:00.000Z', finished: null, status: 'partial', dates: ['2025-11-14'] },
        ...{ last_success: '2025-11-14T01:10:00.000Z', next_run: '2025-11-18T01:00:00.000Z' },
        ...{ holes: 4, days_left_min: 88 },
      },
    ]);
  });

  it('says null for what is not known', async () => {
    const { url } = await start(() => FRESH);
    expect(JSON.parse((await get(`${url}/health`)).text)).toMatchObject({
      ...{ last_run: null, last_success: null, next_run: null, holes: null, days_left_min: null },
    });
  });

  it('is 200 while the history cannot be read, when /ready and /metrics are 503', async () => {
    const { url, lines } = await start(() => Promise.reject(new Error('disk on fire')));
    const answers = await Promise.all(['health', 'ready', 'metrics'].map((path) => get(`${url}/${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 503]);
    expect(answers.map(({ text }) => text).join()).not.toContain('disk on fire');
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(3);
  });

  it('names its paths and methods', async () => {
    const { url } = await start(() => FRESH);
    expect(await get(`${url}/nowhere`)).toMatchObject({
      status: 404,
      text: expect.stringContaining('/health, /ready, /metrics'),
    });
    expect((await get(`${url}/constructor`)).status).toBe(404);
    expect((await fetch(`${url}/health`, { method: 'POST', body: 'x' })).status).toBe(405);
    const head = await fetch(`${url}/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('/metrics of the daemon', () => {
  const figures = (text: string) =>
    Object.fromEntries(
      [...text.matchAll(/^(gex_daemon_\S+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
    );

  it('are the figures of the status', async () => {
    const { url } = await start(() => FULL);
    expect(figures((await get(`${url}/metrics`)).text)).toEqual({
      gex_daemon_start_timestamp_seconds: 1763082000,
      gex_daemon_running: 1,
      gex_daemon_last_run_timestamp_seconds: 1763168400,
      gex_daemon_last_success_timestamp_seconds: 1763082600,
      gex_daemon_next_run_timestamp_seconds: 1763427600,
      gex_daemon_holes: 4,
      gex_daemon_days_left_min: 88,
      'gex_daemon_runs_total{status="done"}': 12,
      'gex_daemon_runs_total{status="partial"}': 1,
    });
  });

  it('leave out what is not known, and follow the status', async () => {
    let status = FRESH;
    const { url } = await start(() => status);
    expect(Object.keys(figures((await get(`${url}/metrics`)).text))).toEqual([
      'gex_daemon_start_timestamp_seconds',
      'gex_daemon_running',
    ]);
    status = { ...FRESH, holes: 0 };
    expect(figures((await get(`${url}/metrics`)).text)).toMatchObject({ gex_daemon_holes: 0 });
  });
});

describe('the server of the daemon', () => {
  it('on a port in use is a usage error that names DAEMON_PORT', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const ports = { status: async () => FRESH, log: recordingCtx().ctx.log };
    await expect(startDaemonHealth({ host: '127.0.0.1', port }, ports)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(new RegExp(`^Port ${port} on 127.0.0.1 is in use; .* DAEMON_PORT`)),
    });
  });

  it('closes at once, whoever is connected', async () => {
    const { url, close } = await start(() => FRESH);
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    await once(client, 'connect');
    const closed = once(client, 'close');
    client.resume();
    await close();
    await closed;
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});
