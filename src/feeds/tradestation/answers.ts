import { isObject, type JsonObject } from '../../wire/chain-reading.js';
import { num, words } from './values.js';

/** What an answer that is no success means, and so what to do about it (contract sections 3.1 and 4.3). */
export type FaultKind =
  | 'auth' // 401: refresh once, ask once more
  | 'scope' // 403: the key lacks a scope or entitlement
  | 'quota' // 429: wait, everybody who asks for the resource
  | 'notFound'
  | 'noData' // a window of bars without bars
  | 'badRequest'
  | 'tooLong' // 414: fewer symbols at a time
  | 'upstream' // 5xx, also HTML of a gateway
  | 'maintenance' // 503
  | 'protocol'; // a body that is not what the contract says

/** An answer that is no success. */
export interface AnswerFault {
  readonly kind: FaultKind;
  readonly status: number;
  /** Asking again later can help. */
  readonly retried: boolean;
  /** The server's own words, at most 200 characters, on one line. */
  readonly message: string;
}

type Kind = readonly [kind: FaultKind, retried: boolean];

const BY_STATUS: Readonly<Record<number, Kind>> = {
  400: ['badRequest', false],
  401: ['auth', false],
  403: ['scope', false],
  404: ['notFound', false],
  405: ['badRequest', false],
  414: ['tooLong', false],
  429: ['quota', true],
  501: ['badRequest', false],
  503: ['maintenance', true],
};

/** What a title means where it comes within a body of status 200. */
const BY_TITLE: Readonly<Record<string, number>> = {
  badrequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notfound: 404,
  toomanyrequests: 429,
  internalservererror: 500,
  notimplemented: 501,
  serviceunavailable: 503,
  gatewaytimeout: 504,
};

const MAX_MESSAGE = 200;

/** The body of an answer as a JSON object: empty for no body, undefined when it is something else. */
export function jsonBody(text: string): JsonObject | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with an answer; undefined when nothing is. An `Error` in a body of status 200 is a fault as well. */
export function faultOf(status: number, text: string): AnswerFault | undefined {
  const body = jsonBody(text);
  const title = words(body?.Error);
  if (status >= 200 && status < 300) {
    if (title === undefined) return undefined;
    return describe(BY_TITLE[title.toLowerCase()] ?? 500, title, body);
  }
  return describe(status, title, body);
}

function describe(status: number, title: string | undefined, body: JsonObject | undefined): AnswerFault {
  const own = words(body?.Message) ?? title ?? '';
  const [kind, retried] = /quota/i.test(own) && status === 403 ? (['quota', true] as const) : kindOf(status, own);
  return { kind, status, retried, message: oneLine(own || `status ${status}`) };
}

function kindOf(status: number, message: string): Kind {
  if (status === 404 && /no data available/i.test(message)) return ['noData', false];
  return BY_STATUS[status] ?? (status >= 500 ? ['upstream', true] : ['badRequest', false]);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE);

/** What a resource's rate headers say; unknown where they are absent, which does not mean unlimited. */
export interface RateHeaders {
  readonly resource?: string;
  readonly limit?: number;
  readonly periodMs?: number;
  readonly remaining?: number;
  /** From now until everything is replenished: the header is a duration, not a moment. */
  readonly resetMs?: number;
  readonly retryAfterMs?: number;
}

/** Reads `X-RateLimit-*` and Retry-After; names in lower case as Node gives them. */
export function rateHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): RateHeaders {
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const seconds = (name: string): number | undefined => {
    const value = num(header(name));
    return value !== undefined && value >= 0 ? value * 1000 : undefined;
  };
  const read = {
    resource: words(header('x-ratelimit-resource')),
    limit: num(header('x-ratelimit-limit')),
    periodMs: seconds('x-ratelimit-period'),
    remaining: num(header('x-ratelimit-remaining')),
    resetMs: seconds('x-ratelimit-reset'),
    retryAfterMs: seconds('retry-after'),
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}
