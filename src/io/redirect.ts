import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GexError } from '../errors.js';

interface Redirect<T> {
  /** An http address of this machine; only its path is answered. */
  readonly url: string;
  /** Makes something of the query; what it throws is shown in the browser too. */
  readonly handle: (query: URLSearchParams) => Promise<T>;
  /** What the browser shows when that went well. */
  readonly done: string;
  /** Called once the address is listened on. */
  readonly ready: () => Promise<void>;
}

const DEFAULT_PORT = 80;

/**
 * Listens until a browser comes to the address with a query, and gives what was made of it. Rejects with what `handle`
 * throws, `usage` when the port is taken, the signal's reason when that aborts.
 */
export async function receiveRedirect<T>({ url, handle, done, ready }: Redirect<T>, signal: AbortSignal): Promise<T> {
  const { hostname, port, pathname } = new URL(url);
  // A browser may take localhost for either of its addresses.
  const hosts = hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname.replace(/[[\]]/g, '')];
  const servers: Server[] = [];
  try {
    return await new Promise<T>((resolve, reject) => {
      let taken = false;
      const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        const asked = new URL(request.url ?? '/', 'http://localhost');
        if (request.method !== 'GET' || asked.pathname !== pathname || asked.search === '') {
          return page(response, 404, 'Nothing is here.');
        }
        if (taken) return page(response, 409, 'This sign-in has been answered before.');
        taken = true;
        try {
          const made = await handle(asked.searchParams);
          await page(response, 200, done);
          resolve(made);
        } catch (error) {
          await page(response, 400, error instanceof GexError ? error.message : 'It failed; see the terminal.');
          reject(error);
        }
      };
      const start = async (): Promise<void> => {
        for (const host of hosts) {
          const server = createServer((request, response) => void answer(request, response));
          if (await listen(server, { host, port: Number(port || DEFAULT_PORT) }, url)) servers.push(server);
        }
        signal.throwIfAborted();
        await ready();
      };
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      start().catch(reject);
    });
  } finally {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

/** Whether it listens; false for a second address this machine does not have. */
async function listen(server: Server, at: { host: string; port: number }, url: string): Promise<boolean> {
  const listening = once(server, 'listening');
  server.listen(at);
  try {
    await listening;
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (at.host === '::1' && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code)) return false;
    throw new GexError(
      'usage',
      `${url} cannot be listened on (${code}); stop what uses the port, or use another address`,
      {
        cause: error,
      },
    );
  }
}

/** Resolves when the browser has it: the server is closed right after. */
async function page(response: ServerResponse, status: number, sentence: string): Promise<void> {
  const text = sentence.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
  const gone = Promise.race([once(response, 'finish'), once(response, 'close')]);
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>gex</title><p>${text}</p></html>\n`);
  await gone;
}
