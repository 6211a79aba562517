import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { cboeUrl, fetchCboeChain } from '../../../src/feeds/cboe/client.js';
import type { Ctx } from '../../../src/io/ctx.js';

const CHAIN = JSON.stringify({
  timestamp: '2026-08-19 21:58:45',
  data: {
    symbol: '^SPX',
    current_price: 7700,
    close: 7699,
    options: [
      {
        option: 'SPXW260821C07500000',
        bid: 201,
        ask: 203,
        iv: 0.12,
        open_interest: 10,
        volume: 3,
        delta: 0.9,
        gamma: 0.0005,
        last_trade_price: 202,
      },
    ],
  },
});

const ignore = (): void => {};
const log: Ctx['log'] = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const running = (signal = new AbortController().signal): Pick<Ctx, 'log' | 'signal'> => ({ log, signal });

let server: Server | undefined;
const requested: string[] = [];

afterEach(async () => {
  requested.length = 0;
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
});

/** A server of its own that notes the requested paths; resolves to its base address. */
async function serve(listener: RequestListener): Promise<string> {
  const started = createServer((request, response) => {
    requested.push(request.url ?? '');
    listener(request, response);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

describe('the address of a chain', () => {
  it('has an underscore for index tickers and none for others', () => {
    expect(cboeUrl('SPX')).toBe('https://cdn.cboe.com/api/global/delayed_quotes/options/_SPX.json');
    expect(cboeUrl('spxw', 'http://x/')).toBe('http://x/options/_SPX.json');
    expect(cboeUrl('^VIX', 'http://x')).toBe('http://x/options/_VIX.json');
    expect(cboeUrl('_NDX', 'http://x')).toBe('http://x/options/_NDX.json');
    expect(cboeUrl('SPY', 'http://x')).toBe('http://x/options/SPY.json');
    expect(cboeUrl('A/../B', 'http://x')).toBe('http://x/options/A%2F..%2FB.json');
  });
});

describe('fetching a chain', () => {
  it('reads the body, packed or plain, and names the address as its source', async () => {
    for (const body of [Buffer.from(CHAIN), gzipSync(CHAIN)]) {
      const baseUrl = await serve((_, response) => response.end(body));
      const chain = await fetchCboeChain('SPX', { baseUrl }, running());
      expect(chain).toMatchObject({
        underlying: 'SPX',
        spot: 7700,
        close: 7699,
        asOfMs: Date.UTC(2026, 7, 19, 21, 58, 45),
      });
      expect(chain.contracts.length).toBe(1);
      expect(chain.source).toEqual({ kind: 'cboe-json', name: `${baseUrl}/options/_SPX.json` });
      server?.closeAllConnections();
      server?.close();
    }
    expect(requested).toEqual(['/options/_SPX.json', '/options/_SPX.json']);
  });

  it.each([
    ['403', 403, '<Error>AccessDenied</Error>'],
    ['404', 404, 'not found'],
    ['an Unavailable body', 200, 'UnavailableUnavailable'],
  ])('%s is a missing ticker, asked for once', async (_, status, body) => {
    const baseUrl = await serve((__, response) => response.writeHead(status).end(body));
    await expect(fetchCboeChain('GOOGX', { baseUrl, retryWaitMs: 0 }, running())).rejects.toMatchObject({
      kind: 'missing',
      message: expect.stringMatching(
        /^Cboe serves no option chain of "GOOGX" \(http.* answered .*\); check the ticker$/,
      ),
    });
    expect(requested).toHaveLength(1);
  });

  it('goes on after 503, 429 and a cut connection', async () => {
    const baseUrl = await serve((request, response) => {
      const answer = [
        () => response.writeHead(503).end(),
        () => response.writeHead(429).end(),
        () => request.socket.destroy(),
        () => response.end(CHAIN),
      ];
      answer[requested.length - 1]?.();
    });
    const chain = await fetchCboeChain('SPX', { baseUrl, retryWaitMs: 0 }, running());
    expect(chain.contracts.length).toBe(1);
    expect(requested).toHaveLength(4);
  });

  it('a body cut in the middle is fetched again', async () => {
    const baseUrl = await serve((request, response) => {
      if (requested.length > 1) response.end(CHAIN);
      else
        response
          .writeHead(200, { 'content-length': CHAIN.length })
          .write(CHAIN.slice(0, 40), () => request.socket.destroy());
    });
    expect((await fetchCboeChain('SPX', { baseUrl, retryWaitMs: 0 }, running())).contracts.length).toBe(1);
  });

  it('a server that stays broken is an upstream error that names --source synth', async () => {
    const baseUrl = await serve((_, response) => response.writeHead(500).end());
    await expect(fetchCboeChain('SPX', { baseUrl, retries: 2, retryWaitMs: 0 }, running())).rejects.toMatchObject({
      kind: 'upstream',
      message: `${baseUrl}/options/_SPX.json: answered 500; try again later, or use --source synth`,
    });
    expect(requested).toHaveLength(3);
  });

  it('no network is an upstream error that names --source synth', async () => {
    const baseUrl = await serve((_, response) => response.end());
    server?.close();
    await expect(fetchCboeChain('SPX', { baseUrl, retries: 1, retryWaitMs: 0 }, running())).rejects.toMatchObject({
      kind: 'upstream',
      message: `${baseUrl}/options/_SPX.json: cannot be fetched (ECONNREFUSED); check the network and the address, or use --source synth`,
    });
  });

  it('a server that never answers is given up after the time allowed', async () => {
    const baseUrl = await serve(ignore);
    await expect(fetchCboeChain('SPX', { baseUrl, retries: 0, timeoutMs: 50 }, running())).rejects.toThrow(
      'no whole answer within 0.05 s',
    );
  });

  it('a web page in place of a chain is a data error', async () => {
    const baseUrl = await serve((_, response) => response.end('<html>Just a moment...</html>'));
    await expect(fetchCboeChain('SPX', { baseUrl }, running())).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('found a web page'),
    });
  });

  it('stops at once with the reason of an abort, also while it waits to try again', async () => {
    const abort = new AbortController();
    const reason = new Error('stopped by SIGINT');
    const baseUrl = await serve((_, response) => {
      response.writeHead(503).end(() => abort.abort(reason));
    });
    await expect(fetchCboeChain('SPX', { baseUrl, retryWaitMs: 600_000 }, running(abort.signal))).rejects.toBe(reason);
    await expect(fetchCboeChain('SPX', { baseUrl }, running(abort.signal))).rejects.toBe(reason);
    expect(requested).toHaveLength(1);
  });
});
