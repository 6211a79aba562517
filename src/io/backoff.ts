/** What a server may make a client wait at most; a longer `Retry-After` is taken as this. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;
const MAX_BACKOFF_MS = 60_000;

/**
 * Milliseconds a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or an HTTP date), at most five minutes; undefined
 * when there is none that can be read. A date is taken relative to `nowMs` (epoch ms), best the server's own `Date`.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(0, waitMs), MAX_RETRY_AFTER_MS);
}

/**
 * Milliseconds before the attempt after the `failures`-th failure: exponential with full jitter, at most a minute.
 * `random` in [0, 1) as Math.random. Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(failures: number, baseMs: number, random: () => number): number {
  return Math.round(random() * Math.min(MAX_BACKOFF_MS, baseMs * 2 ** (failures - 1)));
}
