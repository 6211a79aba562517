import { rename } from 'node:fs/promises';
import { Gauge } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../../src/server/metrics.js';
import { bearer, DATE, fixtureF, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';

/** The value of a line of the Prometheus text format; undefined when there is none. */
function figureOf(text: string, name: string): number | undefined {
  const line = text.split('\n').find((line) => line.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe('/metrics', () => {
  it('counts answers by route and status, both bases of a route together', async () => {
    const server = await serve();
    for (const _ of [1, 2, 3, 4]) await server.get(FULL, bearer());
    await server.get('/SPX/classic/gex_full');
    await server.get('/nowhere');
    const { status, headers, text } = await server.get('/metrics');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const count = (code: number, route = '/{ticker}/classic/{category}', method = 'GET') =>
      figureOf(text, `gex_http_requests_total{method="${method}",route="${route}",status="${code}"}`);
    expect([count(200), count(404), count(400)]).toEqual([3, 1, 1]);
    expect(count(404, 'none', '')).toBe(1);
  });

  it('has a latency histogram whose buckets grow to the count', async () => {
    const server = await serve();
    for (const _ of [1, 2, 3]) await server.get(FULL, bearer());
    const { text } = await server.get('/metrics');
    const labels = 'method="GET",route="/{ticker}/classic/{category}"';
    expect(text).toContain('# TYPE gex_http_request_seconds histogram');
    const buckets = [...text.matchAll(/gex_http_request_seconds_bucket\{.*classic\/\{category\}",le="(.*)"\} (\d+)/g)];
    const counts = buckets.map((bucket) => Number(bucket[2]));
    expect(buckets.at(-1)?.[1]).toBe('+Inf');
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBe(3);
    expect(figureOf(text, `gex_http_request_seconds_count{${labels}}`)).toBe(3);
    expect(figureOf(text, `gex_http_request_seconds_sum{${labels}}`)).toBeGreaterThan(0);
  });

  it('tells what is loaded and how the process is', async () => {
    const server = await serve();
    for (const key of ['a', 'a', 'b']) await server.get(FULL, bearer(key));
    await server.get(`${FULL}/majors`, bearer('b'));
    const { text } = await server.get('/metrics');
    expect([figureOf(text, 'gex_playback_keys'), figureOf(text, 'gex_playback_positions')]).toEqual([2, 3]);
    expect(figureOf(text, 'gex_loaded_files')).toBe(10);
    expect(figureOf(text, 'gex_loaded_bytes')).toBeGreaterThan(10_000);
    expect(figureOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(figureOf(text, 'gex_event_loop_lag_max_seconds')).toBeGreaterThanOrEqual(0);
  });

  it('never names a key', async () => {
    const server = await serve();
    await server.get(`${FULL}?key=gexbot_custom_secret`);
    await server.get('/nowhere/gexbot_custom_secret');
    expect((await server.get('/metrics')).text).not.toContain('secret');
  });

  it('prints what other parts register', async () => {
    const metrics = new Metrics();
    new Gauge({ name: 'gex_test_clients', help: 'clients', registers: [metrics.registry] }).set(7);
    expect(figureOf(await metrics.registry.metrics(), 'gex_test_clients')).toBe(7);
    metrics.close();
  });
});

describe('/ready', () => {
  it('is 200 with the day while the archive can be read, 503 when it cannot', async () => {
    const root = await fixtureF();
    const server = await serve({ root });
    const ready = await server.get('/ready');
    expect([ready.status, ready.json]).toEqual([200, { status: 'ready', data_date: DATE, files_loaded: 10 }]);
    await rename(root, `${root}-away`);
    const away = await server.get('/ready');
    await rename(`${root}-away`, root);
    expect([away.status, away.json]).toEqual([503, { error: 'The archive cannot be read.' }]);
  });
});
