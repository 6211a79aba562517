import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Web } from '../../src/io/web.js';

const { signal } = new AbortController();
const headers = {};

/** The address of a server, and a client that is closed with the test. */
async function served(listener: RequestListener): Promise<{ web: Web; url: URL }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const web = new Web(60_000);
  onTestFinished(async () => {
    await web.close();
    server.closeAllConnections();
    server.close();
  });
  return { web, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x?secret`) };
}

describe('an answer that is streamed', () => {
  it('is held back by a reader that takes its time, and loses nothing', async () => {
    const total = 200 * 1024 * 1024;
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let written = 0;
    const { web, url } = await served((_, response) => {
      const more = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!response.write(chunk)) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
    });
    const answer = await web.get({ url, headers, signal });
    let settled = -1;
    await expect
      .poll(() => {
        const isSettled = written === settled;
        settled = written;
        return isSettled;
      })
      .toBe(true);
    expect(written).toBeLessThan(60 * 1024 * 1024);
    let read = 0;
    for await (const part of answer.body) read += part.length;
    expect(read).toBe(total);
  });

  it('gives out all that came before its connection broke, and the failure then', async () => {
    const { web, url } = await served((_, response) => {
      response.writeHead(200, { 'content-length': 1e6 });
      response.write(Buffer.alloc(300_000), () => response.destroy());
    });
    const { body } = await web.get({ url, headers, signal });
    let read = 0;
    const reading = (async () => {
      for await (const part of body) {
        read += part.length;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await expect(reading).rejects.toMatchObject({
      kind: 'upstream',
      message: `${url.origin}/x: cannot be fetched (the connection was cut); check the network`,
    });
    expect(read).toBe(300_000);
  });

  it('that is left or stopped early ends its connection', async () => {
    const closed: string[] = [];
    const { web, url } = await served((request, response) => {
      response.writeHead(200);
      response.write('x');
      response.on('close', () => closed.push(String(request.headers.name)));
    });
    const left = await web.get({ url, headers: { name: 'left' }, signal });
    for await (const _ of left.body) break;
    (await web.get({ url, headers: { name: 'discarded' }, signal })).discard();
    const abort = new AbortController();
    const stopped = await web.get({ url, headers: { name: 'stopped' }, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(
      stopped.body[Symbol.asyncIterator]()
        .next()
        .then(() => stopped.body[Symbol.asyncIterator]().next()),
    ).rejects.toThrow('enough');
    await expect.poll(() => closed.sort()).toEqual(['discarded', 'left', 'stopped']);
  });

  it('to a signal that was aborted before is never asked for', async () => {
    let asked = 0;
    const { web, url } = await served(() => {
      asked++;
    });
    await expect(web.get({ url, headers, signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    const abort = new AbortController();
    const getting = web.get({ url, headers, signal: abort.signal });
    abort.abort(new Error('while connecting'));
    await expect(getting).rejects.toThrow('while connecting');
    expect(asked).toBeLessThanOrEqual(1);
  });

  it('with repeated headers has them joined', async () => {
    const { web, url } = await served((_, response) => response.writeHead(200, { 'x-a': ['1', '2'] }).end());
    const answer = await web.get({ url, headers, signal });
    answer.discard();
    expect(answer.headers['x-a']).toBe('1,2');
  });
});
