import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What to answer: a status with a body, or nothing for ever. */
type Reaction = { readonly status: number; readonly body?: string } | 'silence';

/** A web server on 127.0.0.1 that keeps what it is sent; the last reaction holds for all further requests. */
export async function startReceiver(...reactions: readonly Reaction[]): Promise<{ url: string; requests: Received[] }> {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const reaction = reactions[Math.min(requests.length, reactions.length - 1)] ?? { status: 200 };
    const { method = '', url: path = '', headers } = request;
    requests.push({ method, path, headers, body: await text(request) });
    if (reaction !== 'silence') response.writeHead(reaction.status).end(reaction.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
