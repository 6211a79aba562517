import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Web } from '../../src/io/web.js';
import { tempFolder } from '../helpers/folder.js';
import { gex } from '../helpers/gex.js';

const { signal } = new AbortController();

/** A proxy that leads every tunnel to one server, whose answer tells what it was asked for; `asked` has its own requests. */
async function startProxy(): Promise<{ url: string; asked: string[]; server: string }> {
  const target = createServer((request, response) => response.end(`${request.headers.host}${request.url}`));
  const proxy = createServer((_, response) => response.writeHead(405).end());
  const asked: string[] = [];
  for (const one of [target, proxy]) await once(one.listen(0, '127.0.0.1'), 'listening');
  const portOf = (server: typeof proxy): number => (server.address() as AddressInfo).port;
  proxy.on('connect', ({ url }, socket) => {
    asked.push(`CONNECT ${url}`);
    const tunnel = connect(portOf(target), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const one of [socket, tunnel]) one.on('error', () => tunnel.destroy());
  });
  onTestFinished(() => {
    for (const one of [target, proxy]) one.close().closeAllConnections();
  });
  return { url: `http://127.0.0.1:${portOf(proxy)}`, asked, server: `http://127.0.0.1:${portOf(target)}/` };
}

async function fetched(address: string): Promise<string> {
  const web = new Web(5000);
  onTestFinished(() => web.close());
  const { body } = await web.get({ url: new URL(address), headers: {}, signal });
  return text(body);
}

describe('a proxy in the environment', () => {
  beforeEach(() => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'])
      vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(['HTTP_PROXY', 'http_proxy'])('is asked for other hosts, not for this machine: %s', async (name) => {
    const { url, asked, server } = await startProxy();
    vi.stubEnv(name, url);
    expect(await fetched('http://vendor.example/records?day=1')).toBe('vendor.example/records?day=1');
    expect(await fetched(server)).toBe(`${new URL(server).host}/`);
    expect(asked).toEqual(['CONNECT vendor.example:80']);
  });

  it('is not asked for what NO_PROXY names', async () => {
    const { url, asked } = await startProxy();
    vi.stubEnv('HTTP_PROXY', url);
    vi.stubEnv('NO_PROXY', 'vendor.invalid');
    await expect(fetched('http://vendor.invalid/')).rejects.toThrow('the host is not known');
    expect(asked).toEqual([]);
  });

  it('whose address is none is an error that keeps it to itself', async () => {
    vi.stubEnv('HTTPS_PROXY', 'me:secret@proxy');
    await expect(fetched('https://vendor.invalid/')).rejects.toMatchObject({
      kind: 'usage',
      message: 'HTTPS_PROXY is no address of a proxy: give one such as http://proxy.example.org:3128',
    });
  });

  it.each([
    ['compute', ['compute', '--source', 'cboe', '--ticker', 'SPY'], 'cdn.cboe.com:443'],
    [
      'download',
      [
        'download',
        '--lookback',
        '4',
        '--retries',
        '1',
        '--retry-delay',
        '0',
        '--tickers',
        'SPX',
        '--categories',
        'gex_full',
        '--packages',
        'classic',
      ],
      'api.gex.bot:443',
    ],
  ])('is asked by gex %s', async (_name, args, host) => {
    const { url, asked } = await startProxy();
    const { code } = await gex(args, {
      folder: tempFolder(),
      env: { HTTPS_PROXY: url, GEXBOT_API_KEY: 'gexbot_custom_x' },
    });
    expect(code).not.toBe(0); // nobody speaks TLS behind this proxy
    expect(new Set(asked)).toEqual(new Set([`CONNECT ${host}`]));
  });
});
