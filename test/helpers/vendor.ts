import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { newYorkInstant } from '../../src/core/calendar.js';

/** One request as the vendor saw it. */
export interface VendorRequest {
  readonly kind: 'link' | 'file';
  /** `2025-11-14/SPX/classic/gex_full`. */
  readonly name: string;
  /** Counts the requests of this kind and name, from 1. */
  readonly turn: number;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly atMs: number;
}

/** Answers a request in place of the vendor; false leaves it to the vendor. */
type Behaviour = (request: VendorRequest, response: ServerResponse) => boolean | Promise<boolean>;

export interface Vendor {
  readonly url: string;
  readonly requests: readonly VendorRequest[];
  /** JSON arrays by name. */
  readonly files: Map<string, Buffer>;
  /** What goes wrong. */
  behave(behaviour: Behaviour): void;
  /** Requests for the file of a name. */
  fileRequests(name: string): readonly VendorRequest[];
}

/** A server that follows contract section 2 and fails as it is told to; it is closed when the test ends. */
export async function vendor(files: Readonly<Record<string, Buffer>>): Promise<Vendor> {
  const held = new Map(Object.entries(files));
  const requests: VendorRequest[] = [];
  let behaviour: Behaviour = () => false;
  const server = createServer((incoming, response) => {
    response.on('error', () => {});
    void answer(incoming, response);
  });
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = requestOf(incoming, requests);
    if (!request) return end(response, 404, '{"error":"no such route"}');
    requests.push(request);
    if (await behaviour(request, response)) return;
    const file = held.get(request.name);
    if (file === undefined) return end(response, 404, '{"error":"no data"}');
    if (request.kind === 'link') return end(response, 200, JSON.stringify({ url: linkTo(incoming, request.name) }));
    sendFile(response, file, incoming.headers);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    files: held,
    behave: (next) => {
      behaviour = next;
    },
    fileRequests: (name) => requests.filter((request) => request.kind === 'file' && request.name === name),
  };
}

function requestOf(incoming: IncomingMessage, before: readonly VendorRequest[]): VendorRequest | undefined {
  const path = (incoming.url ?? '').split('?')[0] ?? '';
  const parts = /^(?:\/v2)?\/(hist|files)\/(\w+)\/(\w+)\/(\w+)\/([\d-]+)$/.exec(path);
  if (!parts) return undefined;
  const [, route, ticker, packageName, category, date] = parts;
  const kind = route === 'hist' ? 'link' : 'file';
  const name = `${date}/${ticker}/${packageName}/${category}`;
  const turn = before.filter((one) => one.kind === kind && one.name === name).length + 1;
  const { authorization, range } = incoming.headers;
  return { kind, name, turn, authorization, range, atMs: performance.now() };
}

function linkTo(incoming: IncomingMessage, name: string): string {
  const [date, ...rest] = name.split('/');
  return `http://${incoming.headers.host}/files/${rest.join('/')}/${date}?signature=${Math.random()}`;
}

export function end(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

/** Packed when asked, in parts with Range and If-Range, as a file host does. */
export function sendFile(response: ServerResponse, array: Buffer, asked: IncomingMessage['headers']): void {
  const isPacked = /gzip/.test(String(asked['accept-encoding'] ?? ''));
  const body = isPacked ? gzipSync(array) : array;
  const etag = `"${body.length}-${isPacked ? 'gzip' : 'identity'}"`;
  const headers = {
    etag,
    'content-type': 'application/json',
    'accept-ranges': 'bytes',
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
  };
  const from = Number(/^bytes=(\d+)-$/.exec(String(asked.range ?? ''))?.[1] ?? Number.NaN);
  const isPart = Number.isInteger(from) && (asked['if-range'] ?? etag) === etag;
  if (isPart && from >= body.length) {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  const part = isPart ? body.subarray(from) : body;
  const range = isPart ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {};
  response.writeHead(isPart ? 206 : 200, { ...headers, ...range, 'content-length': part.length }).end(part);
}

/** A day file: `rows` records from 09:30 to 16:00 New York, each padded to about `recordBytes`. */
export function dayFile(name: string, rows: number, recordBytes = 200): { array: Buffer; lines: Buffer } {
  const [date = '', ticker] = name.split('/');
  const openS = newYorkInstant(date, 9, 30) / 1000;
  const stepS = (6.5 * 3600) / Math.max(1, rows - 1);
  const records = Array.from({ length: rows }, (_, i) => {
    const noise = Array.from(
      { length: Math.ceil(recordBytes / 8) },
      (_, j) => ((i * 7919 + j * 104_729 + name.length) * 2654435761) % 1e7,
    );
    return JSON.stringify({ timestamp: Math.floor(openS + i * stepS), ticker, name, noise });
  });
  return {
    array: Buffer.from(`[${records.join(',')}]`),
    lines: Buffer.from(records.map((line) => `${line}\n`).join('')),
  };
}
