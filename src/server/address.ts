import type { Ctx } from '../io/ctx.js';
import { listenError } from './listen.js';

/** Where a server listens, and who may change it. */
export interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly adminToken?: string;
}

/** What to bind: every client that knows the name localhost tries 127.0.0.1 too, and one server is simpler than two. */
export function bound({ host, port }: Address): { readonly host: string; readonly port: number } {
  return { host: host === 'localhost' ? '127.0.0.1' : host, port };
}

/** The address as clients write it, such as `http://127.0.0.1:8080`. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A `usage` error where an address cannot be listened on; any other error as it is. */
export function addressError(error: unknown, { host, port }: Address): unknown {
  return listenError(error, { host, port, hostOption: '--host', portOption: '--port' });
}

/** Says what a server gives away that other machines can reach. */
export function warnOfExposure({ host, adminToken }: Address, { log }: Ctx): void {
  const admin = adminToken === undefined ? 'refused, because ADMIN_TOKEN is not set' : 'guarded by ADMIN_TOKEN';
  log.warn(
    `listening on ${host}: every machine that reaches it can read the whole archive with any API key; changing routes are ${admin}`,
  );
}
