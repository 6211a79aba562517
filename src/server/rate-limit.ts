/**
 * Requests per second of each key, with one second's worth at once (GCRA: per key one number, the time up to which its
 * requests are paid for). Keys beyond `maxKeys` leave, the longest silent first.
 */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  readonly #maxKeys: number;
  readonly #paidUntilMs = new Map<string, number>();

  constructor(perSecond: number, maxKeys: number) {
    this.#intervalMs = 1000 / perSecond;
    this.#burstMs = this.#intervalMs * (Math.max(1, Math.floor(perSecond)) - 1);
    this.#maxKeys = maxKeys;
  }

  /** 0 when the request may pass, and is counted; else the milliseconds after which one may. */
  wait(key: string, nowMs: number): number {
    const paidUntilMs = Math.max(nowMs, this.#paidUntilMs.get(key) ?? 0);
    const waitMs = paidUntilMs - this.#burstMs - nowMs;
    if (waitMs > 0) return waitMs;
    this.#paidUntilMs.delete(key);
    this.#paidUntilMs.set(key, paidUntilMs + this.#intervalMs);
    if (this.#paidUntilMs.size > this.#maxKeys) {
      const [oldest] = this.#paidUntilMs.keys();
      if (oldest !== undefined) this.#paidUntilMs.delete(oldest);
    }
    return 0;
  }
}
