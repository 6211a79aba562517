import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { startGex } from '../helpers/gex.js';
import { fixtureF } from '../server/fixture.js';
import { connectTo } from '../server/sockets/clients.js';

const headers = { authorization: 'Bearer me' };

async function serving(env: Record<string, string>) {
  const child = startGex(['serve', '--data-dir', await fixtureF(), '--port', '0', '--json'], { env });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, url: (JSON.parse(line) as { url: string }).url };
}

it('gex serve has hubs by the settings of the environment and says farewell on SIGTERM', async () => {
  const { child, url } = await serving({
    WS_STREAM_INTERVAL: '20ms',
    WS_GROUP_PREFIX: 'green',
    CACHE_MODE: 'rotation',
  });
  const exit = once(child, 'exit');
  const answer = (await (await fetch(`${url}/v2/negotiate`, { headers })).json()) as {
    prefix: string;
    websocket_urls: Record<string, string>;
  };
  expect(answer.prefix).toBe('green');
  const client = await connectTo(answer.websocket_urls.classic);
  await client.join('green_SPX_classic_gex_full', 1);
  for (let i = 0; i < 5; i++) await client.next('message');
  child.kill('SIGTERM');
  expect(await client.closed()).toEqual([1001, 'the server is stopping']);
  expect(await exit).toEqual([0, null]);
});

it('gex serve without WebSockets answers negotiate with 404', async () => {
  const { url } = await serving({ WS_ENABLED: 'false' });
  expect((await fetch(`${url}/negotiate`, { headers })).status).toBe(404);
});
