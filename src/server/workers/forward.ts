import {
  type Agent,
  type IncomingMessage,
  type RequestOptions,
  request as requestOf,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';

/** Tells a worker that a request comes from another one. */
export const SECRET_HEADER = 'gex-worker';

export const REPLACED = 'The process that serves this API key is being replaced: try again in a second.';

/** What ends at each connection and is not for the next one (RFC 9110 section 7.6.1); the body's framing goes along. */
const OF_ONE_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'expect', 'upgrade', 'te']);

export interface Way {
  readonly socketPath: string;
  readonly secret: string;
}

/** Answers a request with what another worker answers to it, as it comes; everything else of it is untouched. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { socketPath, secret, agent }: Way & { readonly agent: Agent },
): void {
  const { method, url: path } = request;
  const headers = [...endToEnd(request.rawHeaders), SECRET_HEADER, secret];
  const onward = requestOf({ socketPath, method, path, agent, headers } as unknown as RequestOptions);
  let answered = false;
  onward.on('response', (answer: IncomingMessage) => {
    answered = true;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
    response.flushHeaders();
    // An answer that is cut on the way here is cut for the client too.
    pipeline(answer, response, () => {});
  });
  onward.on('error', () => {
    if (answered || response.headersSent) return; // the pipeline sees to it
    request.unpipe(onward);
    refuse(response);
  });
  response.once('close', () => {
    if (!response.writableFinished) onward.destroy();
  });
  request.pipe(onward);
}

function refuse(response: ServerResponse): void {
  const body = JSON.stringify({ error: REPLACED });
  response.writeHead(503, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'access-control-allow-origin': '*',
    'retry-after': '1',
  });
  response.end(body);
}

/** Names and values in turn, as they were sent. */
function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = raw.slice(i, i + 2);
    if (!OF_ONE_CONNECTION.has(name.toLowerCase()) && name.toLowerCase() !== SECRET_HEADER) kept.push(name, value);
  }
  return kept;
}
