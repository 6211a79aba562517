import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../helpers/folder.js';
import { API_KEY, api, clientOf, cutFile, file, jumpingClock, KEY, LINK_PATH, peer, status } from './vendor.js';

const BODY = Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ timestamp: 1763130600 + i }))));

describe('a history file', () => {
  it.each(['', '/', '/v2', '/v2/'])('is fetched from its link, with a base URL that ends in "%s"', async (ending) => {
    const files = await peer(file(BODY));
    const vendor = await api(files);
    const { client, ctx } = clientOf(vendor.url + ending, { fileHosts: [files.host] });
    const path = join(tempFolder(), 'a', 'gex_full.part');
    const progress: [number, number | undefined][] = [];
    const fetched = await client.fetchFile(KEY, path, ctx, (bytes, total) => progress.push([bytes, total]));
    expect(fetched).toEqual({ kind: 'fetched', path, bytes: BODY.length, attempts: 1 });
    expect(readFileSync(path).equals(BODY)).toBe(true);
    expect(progress.at(-1)).toEqual([BODY.length, BODY.length]);
    expect(vendor.seen).toMatchObject([
      {
        url: `${LINK_PATH}?noredirect`,
        headers: { authorization: `Bearer ${API_KEY}`, accept: 'application/json' },
      },
    ]);
    expect(vendor.seen[0]?.headers['user-agent']).toMatch(/^gex\/\d+\.\d+\.\d+/);
    expect(files.seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('that the vendor does not have is missing', async () => {
    const vendor = await peer(status(404, {}, '{"error":"No history"}'));
    const { client, ctx } = clientOf(vendor.url);
    const path = join(tempFolder(), 'gex_full.part');
    expect(await client.fetchFile(KEY, path, ctx)).toEqual({ kind: 'missing', attempts: 1 });
    expect(existsSync(path)).toBe(false);
  });

  it('goes on where the connection was cut', async () => {
    const files = await peer(cutFile(BODY, 100_000), file(BODY));
    const vendor = await api(files);
    const clock = jumpingClock();
    const { client, ctx } = clientOf(vendor.url, { fileHosts: [files.host], clock });
    const path = join(tempFolder(), 'gex_full.part');
    expect(await client.fetchFile(KEY, path, ctx)).toMatchObject({ attempts: 2, bytes: BODY.length });
    expect(readFileSync(path).equals(BODY)).toBe(true);
    expect(files.seen[1]?.headers).toMatchObject({ range: 'bytes=100000-', 'if-range': '"v1"' });
    expect(clock.sleeps).toEqual([1000]);
  });
});
