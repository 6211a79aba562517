import type { RestOptions } from '../feeds/tradestation/rest.js';
import { type Clock, type Ctx, systemClock } from '../io/ctx.js';
import { sendRequest } from '../io/request.js';
import { isObject } from '../wire/chain-reading.js';

/** TradeStation's calls and the time they are made in. */
interface MarketTime {
  readonly rest: RestOptions;
  readonly ctx: Ctx;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
/** What the wall says is near enough. */
const SAME_MS = 5000;
const ASK_TIMEOUT_MS = 5000;

/**
 * Where the API is the stand-in of this machine, its market has a time of its own: jobs then live in that time, while
 * tokens and quotas keep that of the wall, as they do there. Anything else is left as it is.
 */
export async function followStandin(rest: RestOptions, ctx: Ctx): Promise<MarketTime> {
  const state = await askClock(rest.apiUrl, ctx);
  if (!state) return { rest, ctx };
  const { nowMs, speed } = state;
  if (speed === 1 && Math.abs(nowMs - ctx.clock.now()) < SAME_MS) return { rest, ctx };
  const clock = marketClock(state);
  ctx.log.info(
    `the stand-in's market is at ${new Date(nowMs).toISOString()}, speed ${speed}: this is the time here too`,
  );
  return { rest: onTheWall(rest, clock), ctx: { ...ctx, clock } };
}

async function askClock(apiUrl: string, { signal }: Ctx): Promise<{ nowMs: number; speed: number } | undefined> {
  if (!LOOPBACK.has(new URL(apiUrl).hostname)) return undefined;
  try {
    const url = `${apiUrl.replace(/\/+$/, '')}/__ctl/clock`;
    const { status, bytes } = await sendRequest({ url, signal, timeoutMs: ASK_TIMEOUT_MS });
    const answer: unknown = status === 200 ? JSON.parse(bytes.toString()) : undefined;
    if (!isObject(answer) || answer.mode !== 'running') return undefined;
    const { nowMs, speed } = answer;
    return typeof nowMs === 'number' && typeof speed === 'number' && speed > 0 ? { nowMs, speed } : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined; // whatever listens there, the first call will tell
  }
}

/** Time that was `nowMs` a moment ago and passes at a speed. */
export function marketClock({ nowMs, speed }: { readonly nowMs: number; readonly speed: number }): Clock {
  const startedMs = performance.now();
  return {
    now: () => Math.floor(nowMs + (performance.now() - startedMs) * speed),
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}

/** The same calls with tokens and quotas in the wall's time. */
export function onTheWall({ tokens, gateOf, ...rest }: RestOptions, clock: Clock): RestOptions {
  const wall = (ctx: Ctx): Ctx => ({ ...ctx, clock: systemClock });
  return {
    ...rest,
    tokens: {
      current: (ctx) => tokens.current(wall(ctx)),
      replace: (token, ctx) => tokens.replace(token, wall(ctx)),
    },
    gateOf: (resource) => {
      const gate = gateOf(resource);
      return {
        take: ({ signal }) => gate.take({ clock: systemClock, signal }),
        hold: (untilMs) => gate.hold(untilMs - clock.now() + systemClock.now()),
      };
    },
  };
}
