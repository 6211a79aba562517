import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../io/ctx.js';
import { daemonMetrics } from './daemon-metrics.js';
import { type DaemonStatus, healthDocument } from './daemon-status.js';
import { listenError } from './listen.js';

interface DaemonHealthOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** What the server asks of the daemon. */
interface DaemonHealthPorts {
  status(): Promise<DaemonStatus>;
  readonly log: Log;
}

interface DaemonHealth {
  /** With the real port, such as `http://127.0.0.1:8081`. */
  readonly url: string;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

type Route = (ports: DaemonHealthPorts) => Promise<Answer>;

/** `/health`: the process lives. `/ready`: it can also read its history. `/metrics`: for Prometheus. */
const ROUTES: Readonly<Record<string, Route>> = {
  '/health': (ports) => health(ports, 200),
  '/ready': (ports) => health(ports, 503),
  '/metrics': async ({ status }) => ({ status: 200, ...(await daemonMetrics(await status())) }),
};

const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 64;

/** Starts the daemon's own small server. Throws `usage` when the address cannot be listened on. */
export async function startDaemonHealth(options: DaemonHealthOptions, ports: DaemonHealthPorts): Promise<DaemonHealth> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void answer(request, response, ports);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const { host } = options;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, { host, port }: DaemonHealthOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw listenError(error, { host, port, hostOption: 'DAEMON_HOST', portOption: 'DAEMON_PORT' });
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, ports: DaemonHealthPorts): Promise<void> {
  const { status, type, text } = await answerOf(request, ports);
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function answerOf({ method, url = '/' }: IncomingMessage, ports: DaemonHealthPorts): Promise<Answer> {
  const [path = ''] = url.split('?', 1);
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (route === undefined)
    return json(404, { error: `Nothing is at ${path}; there is ${Object.keys(ROUTES).join(', ')}.` });
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: `${path} takes GET and HEAD.` });
  try {
    return await route(ports);
  } catch (error) {
    ports.log.warn('the status of the daemon cannot be read', { path, error });
    return json(503, { error: 'The status of the daemon cannot be read; its log says why.' });
  }
}

async function health({ status, log }: DaemonHealthPorts, whenUnreadable: number): Promise<Answer> {
  try {
    return json(200, healthDocument(await status()));
  } catch (error) {
    log.warn('the status of the daemon cannot be read', { error });
    return json(whenUnreadable, { schema: 'gex-daemon-health/1', status: 'unreadable' });
  }
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', text: `${JSON.stringify(value)}\n` };
}
