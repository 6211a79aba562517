import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { bearer, DATE, serve } from './fixture.js';

const ROOT = join(import.meta.dirname, '../..');

describe('the compatibility checks of the contract', () => {
  /** Checks 36 to 39 are about a downloader alone. */
  const served = [...Array.from({ length: 35 }, (_, i) => i + 1), 40, 41, 42, 75, 76];

  it('of REST are each named by a test', () => {
    const names = readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
      .join('\n');
    const named = new Set<number>();
    for (const [, first, word, last] of names.matchAll(/\(checks? (\d+)(?: (to|and) (\d+))?\)/g)) {
      const [from, to] = [Number(first), Number(last ?? first)];
      for (let check = from; check <= to; check += word === 'and' ? Math.max(1, to - from) : 1) named.add(check);
    }
    expect(served.filter((check) => !named.has(check))).toEqual([]);
  });

  it('a downloader of all 15 files gets those that are held, and 404 for the others (check 35)', async () => {
    const server = await serve();
    const headers = { authorization: 'Basic gexbot_custom_test', accept: 'application/json', 'user-agent': 'check/1' };
    const results: Record<string, number> = {};
    for (const { package: packageName, category } of CATEGORIES) {
      const link = await server.get(`/v2/hist/SPX/${packageName}/${category}/${DATE}?noredirect`, headers);
      results[`${packageName}/${category}`] = link.status;
      if (link.status !== 200) continue;
      const array = (await (await fetch(link.json.url)).json()) as unknown[];
      const short = category.replace('gex_', '');
      const path = packageName === 'orderflow' ? 'orderflow' : `${packageName}/${short}`;
      const lines = (await server.get(`/download/${DATE}/SPX/${path}`)).text.trimEnd().split('\n');
      expect(array).toEqual(lines.map((line) => JSON.parse(line)));
    }
    const held = ['classic/gex_full', 'classic/gex_zero', 'state/gex_zero', 'state/gamma_zero', 'orderflow/orderflow'];
    expect(Object.keys(results)).toHaveLength(15);
    for (const [name, status] of Object.entries(results)) {
      expect([name, status]).toEqual([name, held.includes(name) ? 200 : 404]);
    }
  });

  it('links, their signatures and their keys stay out of the log (check 76)', async () => {
    const server = await serve();
    const { url } = (await server.get(`/hist/SPX/classic/gex_full/${DATE}?noredirect`, bearer('gexbot_custom_77')))
      .json;
    await (await fetch(url)).arrayBuffer();
    await server.get('/hist/eod/SPX?key=gexbot_custom_88', {});
    const log = JSON.stringify(server.lines);
    expect(log).toContain('/files/SPX/classic/gex_full');
    expect(log).not.toContain(new URL(url).searchParams.get('signature'));
    expect(log).not.toMatch(/custom_(77|88)/);
  });
});

describe('docker-compose.yml', () => {
  const read = () => parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'));

  it('publishes on this machine only and keeps the data outside of the container', () => {
    const { server } = read().services;
    expect(server.ports).toEqual([`$\{PUBLISH:-127.0.0.1:8080}:${server.environment.PORT}`]);
    expect(server.volumes).toEqual([`./data:${server.environment.DATA_DIR}`]);
    expect(server.env_file).toEqual([{ path: '.env', required: false }]);
  });

  it('its health check tells a server that answers from one that does not', async () => {
    const [, command, flag, script] = read().services.server.healthcheck.test as string[];
    expect([command, flag]).toEqual(['node', '-e']);
    const server = await serve();
    const check = String(script).replace('8080', new URL(server.url).port);
    const run = () => promisify(execFile)(process.execPath, ['-e', check]);
    await run();
    await server.close();
    await expect(run()).rejects.toMatchObject({ code: 1 });
  });
});
