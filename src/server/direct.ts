import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { PackageName } from '../wire/catalogue.js';
import { plainKeyOf } from './auth.js';
import { nextRecord } from './next-record.js';
import type { Soon } from './positions.js';
import type { RequestMeter } from './request-meter.js';
import type { ServerState } from './route.js';

/** What the routes of whole records say and count, whoever writes their answers. */
interface RecordAnswer {
  readonly contentType: string;
  /** Of Access-Control-Allow-Origin. */
  readonly origin: string;
  readonly meters: Readonly<Record<PackageName, RequestMeter>>;
}

type Turn = Soon<Buffer | undefined>;

const TURN = Symbol('turn');

type Asked = IncomingMessage & { [TURN]?: Turn };

/** The turn that was taken for a request before its route got it. */
export function turnOf(request: Asked): Turn {
  return request[TURN];
}

/**
 * Answers plain requests of whole records ahead of the framework, whose part would be as much work as the rest of such an
 * answer. What is not plain goes to the routes as ever: a query, a wanted compression, faults, a key at home in another
 * process, the end of the records, everything that is refused. Returns what leaves all requests to the routes again.
 */
export function answerDirectly(
  server: Server,
  state: ServerState,
  { contentType, origin, meters }: RecordAnswer,
): () => void {
  const [routes] = server.listeners('request') as [RequestListener];
  const answer = (request: Asked, response: ServerResponse): void => {
    const plain = plainRequestOf(request, state);
    if (plain === undefined) return void routes(request, response);
    const send = (record: Buffer | undefined): void => {
      if (record === undefined) return void routes(request, response);
      state.metrics.mark(response, meters[plain.package]);
      // Written out: an object put together from others takes longer than all of the head.
      const head = {
        'access-control-allow-origin': origin,
        'content-type': contentType,
        'content-length': record.length,
      };
      response.writeHead(200, head).end(record);
    };
    const turn = attempt(() => nextRecord(plain.session, plain.turn, wholeRecord));
    if (!(turn instanceof Promise)) return void send(turn);
    request[TURN] = turn;
    turn.then(send, () => routes(request, response));
  };
  server.removeListener('request', routes).on('request', answer);
  return () => {
    server.removeListener('request', answer).on('request', routes);
  };
}

/** A fault now is as good as one later. */
function attempt(take: () => Turn): Turn {
  try {
    return take();
  } catch (error) {
    return Promise.reject(error);
  }
}

function wholeRecord(record: Buffer): Buffer {
  return record;
}

/** Prefix, ticker, package and category; nothing that would have to be decoded. */
const RECORD_PATH = /^(?:\/v2)?\/([A-Za-z0-9_]+)\/(classic|state|orderflow)\/([a-z_]+)$/;

function plainRequestOf(request: IncomingMessage, state: ServerState) {
  const { method, url = '', headers } = request;
  const path = method === 'GET' ? RECORD_PATH.exec(url) : null;
  if (path === null || headers['accept-encoding'] !== undefined) return undefined;
  const [, ticker, packageName, category] = path as unknown as [string, string, PackageName, string];
  const { session } = state.replay;
  const stream = session.library.find(ticker.toUpperCase(), packageName, category);
  const apiKey = plainKeyOf(headers.authorization);
  if (stream === undefined || apiKey === undefined || session.faults.active) return undefined;
  if (state.peers !== undefined && !(state.peers.trusts(request) && state.peers.isHome(apiKey))) return undefined;
  return { package: packageName, session, turn: { apiKey, counter: stream.counters.chain, stream } };
}
