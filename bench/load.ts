// A child process of serve.bench.ts and workers.bench.ts: keeps connections busy with one request and counts whole answers. It looks at
// lengths only, so that the server stays the slower side.
import { connect } from 'node:net';

/** What the parent asks for; the reply is the number of answers in `ms`. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly ms: number;
  /** API keys, one per connection in turn; absent: one for all. */
  readonly keys?: number;
}

async function load({ port, path, connections, ms, keys = 1 }: Load): Promise<number> {
  let answers = 0;
  const end = performance.now() + ms;
  const one = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const key = `bench-${index % keys}`;
      const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${key}\r\n\r\n`;
      let missing = 0;
      const socket = connect(port, '127.0.0.1', () => socket.write(request));
      socket.setNoDelay(true).on('error', reject).on('close', resolve);
      socket.on('data', (chunk) => {
        if (missing === 0) missing = answerBytes(chunk);
        missing -= chunk.length;
        if (missing > 0) return;
        answers += 1;
        if (performance.now() < end) socket.write(request);
        else socket.destroy();
      });
    });
  await Promise.all(Array.from({ length: connections }, (_, index) => one(index)));
  return answers;
}

/** Head and body; the head always comes whole on loopback. */
function answerBytes(chunk: Buffer): number {
  const head = chunk.toString('latin1', 0, chunk.indexOf('\r\n\r\n') + 4);
  const body = /^HTTP\/1\.1 200 .*content-length: (\d+)/is.exec(head)?.[1];
  if (body === undefined) throw new Error(`unexpected answer: ${head}`);
  return head.length + Number(body);
}

process.on('message', async (message) => {
  process.send?.(await load(message as Load));
});
