import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from './refuse.js';

export interface OriginRules {
  /** Whether only this machine can reach the server. */
  readonly loopback: boolean;
  /** Origins of pages of other servers that may do what the server's own may, such as `https://example.org`. */
  readonly allowedOrigins?: readonly string[];
}

export interface AdminOptions extends OriginRules {
  /** Asked for in `Authorization: Bearer` or `X-Admin-Token` when set. */
  readonly adminToken?: string;
}

/**
 * Guards what changes the server: a page of another origin is refused (403), and the admin token is asked for when one
 * is set (401). Beyond loopback without a token nothing may be changed (403). Returns undefined when the call may pass.
 */
export function refuseAdmin(
  request: FastifyRequest,
  reply: FastifyReply,
  options: AdminOptions,
): FastifyReply | undefined {
  const { origin } = request.headers;
  if (origin !== undefined && !allowsOrigin(origin, request.host, options)) {
    return refuse(reply, 403, `Origin ${origin} may not change this server.`);
  }
  if (options.adminToken !== undefined) {
    return same(tokenOf(request), options.adminToken) ? undefined : refuse(reply, 401, 'Admin token missing or wrong.');
  }
  return options.loopback
    ? undefined
    : refuse(reply, 403, 'This server can be reached from other machines: set ADMIN_TOKEN to use this route.');
}

/** Whether the address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether a page of this origin may change or listen to the server at `host`: its own pages and the allowed ones. On
 * loopback the name must be a loopback name too: any other page can point its own name here.
 */
export function allowsOrigin(origin: string, host: string | undefined, rules: OriginRules): boolean {
  const { loopback, allowedOrigins = [] } = rules;
  if (allowedOrigins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  return page.host === host && (!loopback || isLoopback(page.hostname.replace(/^\[|\]$/g, '')));
}

function tokenOf(request: FastifyRequest): string {
  const header = request.headers['x-admin-token'];
  if (typeof header === 'string') return header;
  return /^bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

function same(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
