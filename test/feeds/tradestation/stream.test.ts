import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RESOURCES } from '../../../src/feeds/tradestation/resources.js';
import type { RestOptions } from '../../../src/feeds/tradestation/rest.js';
import { followStream, type StreamCall, type StreamEvent } from '../../../src/feeds/tradestation/stream.js';
import type { Ctx } from '../../../src/io/ctx.js';
import { memoryGate } from '../../../src/io/gate.js';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const CALL: StreamCall = {
  path: '/v3/marketdata/stream/quotes/SPY',
  resource: RESOURCES.quoteStream,
  label: 'quotes',
  expected: () => true,
  quietMs: 60_000,
};

/** A server that answers each connection with the next of the answers, the last one for ever; and a context whose waits pass at once. */
async function setUp(...answers: Answer[]) {
  let opened = 0;
  const server = createServer((request, response) => {
    answers[Math.min(opened++, answers.length - 1)]?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const abort = new AbortController();
  const waits: number[] = [];
  const lines: string[] = [];
  let nowMs = Date.UTC(2025, 11, 17, 19, 36);
  const line = (level: string) => (message: string) => lines.push(`${level} ${message}`);
  const ctx: Ctx = {
    clock: {
      now: () => nowMs,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        waits.push(ms);
        nowMs += ms;
      },
    },
    signal: abort.signal,
    progress: { start: () => ({ advance() {}, done() {} }) },
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
  };
  const replaced: string[] = [];
  const options: RestOptions & { silenceMs: number } = {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: {
      current: async () => 'first',
      replace: async (token) => {
        replaced.push(token);
        return 'second';
      },
    },
    gateOf: () => memoryGate({ intervalMs: 0 }),
    random: () => 0.5,
    silenceMs: 200,
  };
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  return { options, ctx, abort, waits, lines, replaced, advance, opened: () => opened };
}

/** Events until one of them is the last, then the stream is left. */
async function until(stream: AsyncGenerator<StreamEvent>, isLast: (event: StreamEvent) => boolean) {
  const events: StreamEvent[] = [];
  for await (const event of stream) {
    events.push(event);
    if (isLast(event)) break;
  }
  return events.map(({ atMs, ...event }) => event);
}

const nth = (kind: StreamEvent['kind'], n: number) => {
  let left = n;
  return (event: StreamEvent): boolean => event.kind === kind && --left === 0;
};

const send =
  (...lines: unknown[]): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.tradestation.streams.v2+json' });
    for (const line of lines) response.write(`${JSON.stringify(line)}\n`);
  };

const ending =
  (...lines: unknown[]): Answer =>
  (response, request) => {
    send(...lines)(response, request);
    response.end();
  };

const refusing =
  (status: number, body: unknown, headers = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));

describe('followStream', () => {
  it('gives data, leaving heartbeats and statuses out, and the symbols that are refused', async () => {
    const { options, ctx } = await setUp(
      send(
        { Symbol: 'SPY', Last: '1' },
        { Heartbeat: 1, Timestamp: 'now' },
        { StreamStatus: 'EndSnapshot' },
        { Symbol: 'bad', Error: 'FAILED, INVALID SYMBOL' },
        { Symbol: 'SPY', Last: '2' },
      ),
    );
    const events = await until(followStream(options, CALL, ctx), nth('data', 2));
    expect(events.filter(({ kind }) => kind !== 'data' && kind !== 'idle')).toEqual([
      { kind: 'open' },
      { kind: 'symbol-fault', symbol: 'BAD', fault: 'FAILED, INVALID SYMBOL' },
    ]);
    expect(events.flatMap((event) => (event.kind === 'data' ? event.objects : []))).toEqual([
      { Symbol: 'SPY', Last: '1' },
      { Symbol: 'SPY', Last: '2' },
    ]);
  });

  it.each([
    ['status', { StreamStatus: 'GoAway' }],
    ['error', { Error: 'GoAway', Message: 'bye' }],
  ])('comes back within a second after GoAway as a %s, without losing what came before it', async (_, goAway) => {
    const { options, ctx, waits } = await setUp(send({ Symbol: 'SPY', Last: '1' }, goAway), send({ Symbol: 'SPY' }));
    const events = await until(followStream(options, CALL, ctx), nth('data', 2));
    expect(events.map(({ kind }) => kind)).toEqual(['open', 'data', 'lost', 'open', 'data']);
    expect(waits).toEqual([500]);
  });

  it('waits longer after each loss and tells somebody at every third', async () => {
    const { options, ctx, waits, lines } = await setUp(refusing(502, '<html>Bad gateway</html>'));
    await until(followStream(options, CALL, ctx), nth('lost', 8));
    expect(waits.slice(0, 7)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
    expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(2);
  });

  it('never gives up: after twenty losses in a row it tries every ten minutes', async () => {
    const { options, ctx, waits } = await setUp(ending());
    await until(followStream(options, CALL, ctx), nth('lost', 25));
    expect(waits.at(-1)).toBe(600_000);
  });

  it('takes a stream that opens and closes at once for the cap on streams', async () => {
    const { options, ctx, waits } = await setUp(ending(), send({ Symbol: 'SPY' }));
    const events = await until(followStream(options, CALL, ctx), nth('data', 1));
    expect(events[1]).toMatchObject({ kind: 'lost', reason: expect.stringContaining('too many open streams') });
    expect(waits).toEqual([2500]);
  });

  it('kills a connection on which nothing comes, not even heartbeats', async () => {
    const { options, ctx } = await setUp(send({ Symbol: 'SPY' }), send({ Symbol: 'SPY' }));
    const events = await until(followStream(options, CALL, ctx), nth('lost', 1));
    expect(events.at(-1)).toMatchObject({ kind: 'lost', reason: expect.stringContaining('nothing came for 0.2 s') });
  });

  const beating: Answer = (response, request) => {
    send({ Symbol: 'SPY' })(response, request);
    const timer = setInterval(() => response.write('{"Heartbeat":1}\n'), 20);
    request.on('close', () => clearInterval(timer));
  };

  it('leaves a connection that only beats while data is expected', async () => {
    const { options, ctx, advance } = await setUp(beating);
    const stream = followStream(options, CALL, ctx);
    await until(stream, (event) => {
      if (event.kind === 'data') advance(61_000);
      return event.kind === 'lost';
    }).then((events) =>
      expect(events.at(-1)).toMatchObject({ reason: expect.stringContaining('heartbeats, but no data for 61 s') }),
    );
  });

  it('stays on a connection that only beats outside of the session', async () => {
    const { options, ctx, advance, abort, lines } = await setUp(beating);
    const seen: string[] = [];
    setTimeout(() => abort.abort(new Error('enough')), 1500);
    await expect(
      (async () => {
        for await (const event of followStream(options, { ...CALL, expected: () => false }, ctx)) {
          seen.push(event.kind);
          if (event.kind === 'data') advance(3_600_000);
        }
      })(),
    ).rejects.toThrow('enough');
    expect(seen).toEqual(['open', 'data', 'idle']);
    expect(lines).toEqual([]);
  });

  it('renews a refused token once, and then says what to do', async () => {
    const { options, ctx, replaced, opened } = await setUp(
      refusing(401, { Error: 'Unauthorized', Message: 'expired' }),
    );
    await expect(until(followStream(options, CALL, ctx), () => false)).rejects.toMatchObject({
      kind: 'auth',
      message: expect.stringContaining('run gex auth login'),
    });
    expect([replaced, opened()]).toEqual([['first'], 2]);
  });

  it.each([
    [400, { Error: 'BadRequest', Message: 'bad' }, 'usage'],
    [403, { Error: 'Forbidden', Message: 'no' }, 'auth'],
    [404, { Error: 'NotFound', Message: 'who' }, 'missing'],
    [414, '<html>', 'usage'],
  ])('does not ask again after %i', async (status, body, kind) => {
    const { options, ctx, opened } = await setUp(refusing(status, body));
    await expect(until(followStream(options, CALL, ctx), () => false)).rejects.toMatchObject({ kind });
    expect(opened()).toBe(1);
  });

  it('does not ask again after BadRequest within the stream, even without a message', async () => {
    const { options, ctx } = await setUp(send({ Error: 'BadRequest' }));
    await expect(until(followStream(options, CALL, ctx), () => false)).rejects.toMatchObject({ kind: 'usage' });
  });

  it('leaves the account alone for a minute after DualLogon', async () => {
    const { options, ctx, waits, lines } = await setUp(
      send({ Symbol: 'SPY', Error: 'DualLogon' }),
      send({ Symbol: 'SPY' }),
    );
    await until(followStream(options, CALL, ctx), nth('data', 1));
    expect(waits).toEqual([90_000]);
    expect(lines[0]).toMatch(/^error .*used elsewhere/);
  });

  it('holds the gate of the resource until the quota is back', async () => {
    const { options, ctx } = await setUp(
      refusing(429, { Error: 'TooManyRequests', Message: 'Stream quota exceeded' }, { 'x-ratelimit-reset': '20' }),
      send({ Symbol: 'SPY' }),
    );
    const gate = memoryGate({ intervalMs: 0 });
    const startMs = ctx.clock.now();
    const events = await until(followStream({ ...options, gateOf: () => gate }, CALL, ctx), nth('data', 1));
    expect(events.map(({ kind }) => kind)).toEqual(['lost', 'open', 'data']);
    expect(ctx.clock.now() - startMs).toBeGreaterThanOrEqual(20_000);
  });

  it('ends at once when it is told to', async () => {
    const { options, ctx, abort } = await setUp(send({ Symbol: 'SPY' }));
    const stream = followStream(options, CALL, ctx);
    await stream.next();
    await stream.next();
    const next = stream.next();
    abort.abort(new Error('stopped'));
    await expect(next).rejects.toThrow('stopped');
  });
});
