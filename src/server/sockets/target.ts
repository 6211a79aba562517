import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** What a WebSocket URL asks for. */
export interface Target {
  readonly hub: string;
  readonly token: string;
  /** Set when a reliable client wants its lost connection back. */
  readonly recovery: { readonly connectionId: string; readonly token: string } | undefined;
}

const HUB_PATH = /^(?:\/v2)?\/(?:client\/hubs|ws)\/([^/]+)\/?$/;
const QUERY_PATH = /^(?:\/v2)?\/client\/?$/;

/**
 * The hub of `/client/hubs/{hub}`, `/ws/{hub}` or `/client?hub=` with its token and recovery parameters; undefined for
 * any other URL.
 */
export function targetOf({ url = '' }: Pick<IncomingMessage, 'url'>): Target | undefined {
  const [path = '', query = ''] = url.split('?', 2);
  const search = new URLSearchParams(query);
  const hub = QUERY_PATH.test(path) ? search.get('hub') : HUB_PATH.exec(path)?.[1];
  if (hub == null) return undefined;
  const connectionId = search.get('awps_connection_id');
  const recovery =
    connectionId === null ? undefined : { connectionId, token: search.get('awps_reconnection_token') ?? '' };
  return { hub, token: search.get('access_token') ?? '', recovery };
}

/** Answers an upgrade with the one shape of every error and hangs up. */
export function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const body = JSON.stringify({ error: message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
