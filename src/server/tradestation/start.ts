import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newYorkDate, tradingDay } from '../../core/calendar.js';
import { SYNTH_TICKERS, synthTicker } from '../../core/synth/tickers.js';
import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { type ClockMode, SimulatedClock } from './clock.js';
import { Exchange } from './exchange.js';
import { parseFaults, type TradestationFault } from './faults.js';
import { currentSession } from './market/hours.js';
import { Market } from './market/market.js';
import type { QuoteGrid } from './market/option-day.js';
import type { LoggedRequest } from './request-log.js';
import { Service } from './service.js';
import { SignIn } from './sign-in.js';
import { SCOPES, Tokens } from './tokens.js';

export interface TradestationOptions {
  /** 0: any free port. Listens on 127.0.0.1 only. */
  readonly port: number;
  readonly seed: number;
  /** Market instant at the start, epoch ms; default: now in a session, else a minute before the last session's open. */
  readonly startMs?: number;
  /** Market time per wall time. Default 1. */
  readonly speed?: number;
  /** `manual`: time passes by `advance` only. Default `running`. */
  readonly mode?: ClockMode;
  /** Default: every synthetic ticker. */
  readonly tickers?: readonly string[];
  /** `exact`: the middle of every quote is the model price, unrounded. Default `tick`. */
  readonly quotes?: QuoteGrid;
  /** Default 1. */
  readonly updatesPerSecond?: number;
  readonly faults?: readonly TradestationFault[];
  /** Refresh tokens change with every use. */
  readonly rotating?: boolean;
  /** Default 1,200,000. */
  readonly accessLifeMs?: number;
  /** What a sign-in may be granted. Default: everything but brokerage. */
  readonly scopes?: readonly string[];
  /** /authorize redirects at once instead of showing a page. */
  readonly autoConsent?: boolean;
  /** Quotas, their headers and documented concurrency. Default true. */
  readonly limits?: boolean;
  /** Default 10; 0: none. */
  readonly softCap?: number;
  /** Default 100. */
  readonly maxSymbols?: number;
  readonly heartbeatMs?: number;
  /** Zero deltas, lower-cased symbols, writes cut at arbitrary bytes. Default true. */
  readonly quirks?: boolean;
}

/** A stand-in that is listening. */
export interface RunningTradestation {
  /** Of both hosts. */
  readonly url: string;
  readonly credentials: { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string };
  readonly clock: SimulatedClock;
  readonly market: Market;
  readonly requests: () => readonly LoggedRequest[];
  readonly setFaults: (faults: readonly TradestationFault[]) => void;
  /** Moves market and service time on; resolves when every open stream has written what that gave. */
  readonly advance: (ms: number, stepMs?: number) => Promise<void>;
  close(): Promise<void>;
}

/** Streams look at the market that often on the wall clock, or once per quote update where that is rarer. */
const PUMP_MS = 50;

/**
 * A local TradeStation: sign-in and API host on one port, its market made from the seed. GexError `usage` for a port
 * that cannot be listened on or a bad fault, `missing` for an unknown ticker.
 */
export async function startTradestation(options: TradestationOptions, ctx: Ctx): Promise<RunningTradestation> {
  const { seed, speed = 1, mode = 'running', quirks = true, updatesPerSecond = 1 } = options;
  const tickers = tickersOf(options.tickers);
  const atMs = options.startMs ?? defaultStart(ctx.clock.now());
  const clock = new SimulatedClock(ctx.clock, { atMs, speed, mode });
  const market = new Market({ seed, model: 'gbm', grid: options.quotes ?? 'tick', updatesPerSecond });
  const scopes = options.scopes ?? SCOPES.filter((scope) => scope !== 'ReadAccount' && scope !== 'Trade');
  const client = {
    id: 'standin-client',
    secret: `standin-secret-${seed}`,
    rotating: options.rotating ?? false,
    scopes,
  };
  const tokens = new Tokens({ client, seed, accessLifeMs: options.accessLifeMs ?? 1_200_000 });
  const signIn = new SignIn(tokens, options.autoConsent ?? false);
  const service = new Service(
    { clock, exchange: new Exchange(market, tickers), tokens, signIn },
    {
      ...{ limits: options.limits ?? true, softCap: options.softCap ?? 10, maxSymbols: options.maxSymbols ?? 100 },
      ...{ heartbeatMs: options.heartbeatMs ?? 5000, scatter: quirks, quirks },
    },
    ctx,
  );
  const setFaults = (faults: readonly TradestationFault[]): void => {
    service.faults.set(parseFaults(faults, 'the plan'), clock.serviceMs);
  };
  setFaults(options.faults ?? []);
  const server = createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 65_536 }, (request, response) => {
    void service.handle(request, response);
  });
  const url = await listen(server, options.port);
  const pumping = startPumping(service, clock, Math.max(PUMP_MS, 0), ctx);
  return {
    url,
    credentials: { clientId: client.id, clientSecret: client.secret, refreshToken: tokens.firstRefreshToken },
    ...{ clock, market, setFaults },
    requests: () => service.log.entries,
    advance: (ms, stepMs) => service.advance(ms, stepMs),
    close: async () => {
      await pumping.stop();
      service.closeStreams();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Root symbols of options have six characters at most: other tickers cannot have a chain at this vendor. */
const LONGEST_ROOT = 6;

function tickersOf(names: readonly string[] | undefined): readonly string[] {
  const rows = names?.map(synthTicker) ?? SYNTH_TICKERS.filter(({ pmRoot }) => pmRoot.length <= LONGEST_ROOT);
  const long = rows.find(({ pmRoot }) => pmRoot.length > LONGEST_ROOT);
  if (!long) return rows.map(({ ticker }) => ticker);
  throw new GexError(
    'usage',
    `${long.ticker} cannot be a TradeStation symbol with options: its root has more than ${LONGEST_ROOT} letters; take another ticker`,
  );
}

/** Now, while a session is on; else a minute before the open of the last one. */
export function defaultStart(nowMs: number): number {
  const today = tradingDay(newYorkDate(nowMs));
  if (today && nowMs >= today.openMs && nowMs < today.closeMs) return nowMs;
  return currentSession(nowMs).openMs - 60_000;
}

function startPumping(service: Service, clock: SimulatedClock, everyMs: number, ctx: Ctx) {
  let stopped = false;
  let [timer, running]: [NodeJS.Timeout | undefined, Promise<void>] = [undefined, Promise.resolve()];
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = clock.state.mode === 'manual' ? Promise.resolve() : service.pump();
      running.then(next, (error: unknown) => ctx.log.error('the stand-in stopped its streams', { error }));
    }, everyMs);
  };
  next();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

async function listen(server: Server, port: number): Promise<string> {
  const listening = once(server, 'listening');
  server.listen(port, '127.0.0.1');
  try {
    await listening;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new GexError(
      'usage',
      `port ${port} on 127.0.0.1 cannot be listened on (${code}); take another with --port (0: any free one)`,
      { cause },
    );
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
