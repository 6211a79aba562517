import type { OutgoingHttpHeaders } from 'node:http';
import { refusal } from './refusal.js';

interface Resource {
  readonly limit: number;
  readonly periodSeconds: number;
  /** Streams open at once; absent: no documented limit. */
  readonly concurrent?: number;
}

const perMinute = (limit: number): Resource => ({ limit, periodSeconds: 60 });
const perFiveMinutes: Resource = { limit: 500, periodSeconds: 300 };

/** Quotas per key and resource (contract section 4.1, column "current"; names as observed). */
export const RESOURCES = {
  'quote-snapshot': perFiveMinutes,
  'quote-change-stream': perFiveMinutes,
  barcharts: perFiveMinutes,
  'stream-barcharts': perFiveMinutes,
  'stream-tickbars': perFiveMinutes,
  'symbol-details': perFiveMinutes,
  'symbol-search': perFiveMinutes,
  'symbol-lists': perFiveMinutes,
  'option-expirations': perMinute(90),
  'option-strikes': perMinute(90),
  'option-spreadtypes': perMinute(90),
  'option-riskreward': perMinute(90),
  'option-quotes-stream': { ...perMinute(90), concurrent: 10 },
  'option-chains-stream': { ...perMinute(90), concurrent: 10 },
  'marketdepth-stream': { ...perMinute(30), concurrent: 10 },
} as const satisfies Record<string, Resource>;

export type ResourceName = keyof typeof RESOURCES;

interface Bucket {
  left: number;
  atMs: number;
}

/** Request quotas that replenish steadily, and streams open at once, by resource. Time is service time. */
export class Limits {
  readonly #enforced: boolean;
  readonly #buckets = new Map<ResourceName, Bucket>();
  readonly #open = new Map<ResourceName, number>();

  constructor(enforced: boolean) {
    this.#enforced = enforced;
  }

  /** Takes one request of a resource and gives the headers of its answer; throws the 429 that the vendor sends. */
  take(name: ResourceName, streaming: boolean, nowMs: number): OutgoingHttpHeaders {
    if (!this.#enforced) return {};
    const { limit, periodSeconds, concurrent }: Resource = RESOURCES[name];
    const perMs = limit / (periodSeconds * 1000);
    const bucket = this.#buckets.get(name) ?? { left: limit, atMs: nowMs };
    this.#buckets.set(name, bucket);
    bucket.left = Math.min(limit, bucket.left + (nowMs - bucket.atMs) * perMs);
    bucket.atMs = nowMs;
    const refused = bucket.left < 1;
    if (!refused) bucket.left -= 1;
    const open = this.#open.get(name) ?? 0;
    const headers = {
      'X-RateLimit-Limit': limit,
      'X-RateLimit-Period': periodSeconds,
      'X-RateLimit-Remaining': Math.floor(bucket.left),
      'X-RateLimit-Reset': Math.ceil((limit - bucket.left) / perMs / 1000),
      'X-RateLimit-Resource': name,
      ...(concurrent !== undefined && {
        'X-Concurrency-Limit': concurrent,
        'X-Concurrency-Remaining': Math.max(0, concurrent - open - 1),
        'X-Concurrency-Resource': name,
      }),
    };
    if (refused) throw refusal(429, streaming ? 'Stream quota exceeded' : 'Rate quota exceeded', headers);
    if (streaming && concurrent !== undefined && open >= concurrent)
      throw refusal(429, 'Stream quota exceeded', headers);
    return headers;
  }

  opened(name: ResourceName): void {
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
  }

  closed(name: ResourceName): void {
    this.#open.set(name, Math.max(0, (this.#open.get(name) ?? 0) - 1));
  }
}
