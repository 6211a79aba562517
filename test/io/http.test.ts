import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { httpGet } from '../../src/io/http.js';

describe('httpGet', () => {
  it('stops reading a body that is larger than allowed', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const server = createServer((_, response) => {
      const more = (): void => {
        while (written < 1e9 && response.write(chunk)) written += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await expect(httpGet({ url, maxBytes: 1_000_000 })).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('larger than 1000000 bytes'),
    });
    expect(written).toBeLessThan(100_000_000);
    server.closeAllConnections();
    server.close();
  });

  it('leaves statuses other than 429 and 5xx to the caller', async () => {
    const server = createServer((request, response) => response.writeHead(Number(request.url?.slice(1))).end('body'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const status of [200, 302, 403, 404, 418]) {
      const answer = await httpGet({ url: `${base}/${status}` });
      expect([answer.status, Buffer.from(answer.bytes).toString()]).toEqual([status, 'body']);
    }
    server.closeAllConnections();
    server.close();
  });
});
