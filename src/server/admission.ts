import type { FastifyReply, FastifyRequest } from 'fastify';
import { GexError } from '../errors.js';
import type { Clock } from '../io/ctx.js';
import { apiKeyOf } from './auth.js';
import { RateLimit } from './rate-limit.js';
import { refuse } from './refuse.js';

export interface AdmissionOptions {
  /** As the vendor: no request without User-Agent and Authorization headers, `?key=` does not count. */
  readonly strictHeaders?: boolean;
  /** Requests per second and key; 0 or absent: any number. */
  readonly rateLimitPerSecond?: number;
  /** Keys the limit remembers. */
  readonly maxKeys: number;
}

/** Lets requests with an API key in. */
export class Admission {
  readonly #strict: boolean;
  readonly #limit: RateLimit | undefined;
  readonly #clock: Clock;

  constructor({ strictHeaders = false, rateLimitPerSecond = 0, maxKeys }: AdmissionOptions, clock: Clock) {
    this.#strict = strictHeaders;
    this.#limit = rateLimitPerSecond > 0 ? new RateLimit(rateLimitPerSecond, maxKeys) : undefined;
    this.#clock = clock;
  }

  /** Whether a key is all that a request needs. */
  get isOpen(): boolean {
    return !this.#strict && this.#limit === undefined;
  }

  /** Sets the request's key. Throws `usage` when headers are missing. */
  identify(request: FastifyRequest): void {
    const { headers } = request;
    if (this.#strict && headers['user-agent'] === undefined) {
      throw new GexError('usage', 'User-Agent header not found.');
    }
    const queryKey = this.#strict ? undefined : (request.query as { key?: unknown }).key;
    request.apiKey = apiKeyOf(headers.authorization, queryKey);
  }

  /** Undefined when the key of the request may ask now; else the reply that says it asks too often (429). */
  admit(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const waitMs = this.#limit?.wait(request.apiKey, this.#clock.now()) ?? 0;
    if (waitMs === 0) return undefined;
    reply.header('retry-after', Math.ceil(waitMs / 1000));
    return refuse(reply, 429, 'Too many requests with this key; Retry-After tells when the next one may come.');
  }
}
