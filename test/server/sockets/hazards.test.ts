import { describe, expect, it } from 'vitest';
import type { FaultPlan } from '../../../src/server/faults.js';
import { connectTo, negotiate, type RawClient, SUBPROTOCOLS, serveSockets } from './clients.js';

const GROUP = 'blue_SPX_classic_gex_full';

type Row = FaultPlan['faults'][number];

/** A client that has joined a group of a server with one fault. */
async function joined(row: Row | undefined, protocol: string): Promise<RawClient> {
  const faults: FaultPlan = { seed: 1, faults: row === undefined ? [] : [row] };
  const server = await serveSockets({}, { faults, cacheMode: 'rotation' });
  const client = await connectTo((await negotiate(server)).classic, protocol);
  expect((await client.join(GROUP, 1)).success).toBe(true);
  return client;
}

const frames = async (client: RawClient, count: number): Promise<string[]> => {
  const seen: string[] = [];
  for (let i = 0; i < count; i++) seen.push((await client.frame())?.toString('base64') ?? 'closed');
  return seen;
};

describe.each([SUBPROTOCOLS[0], SUBPROTOCOLS[2]])('faults of messages, %s', (protocol) => {
  it('probability 0 sends the same frames as none at all', async () => {
    const plain = await frames(await joined(undefined, protocol), 6);
    expect(await frames(await joined({ fault: 'truncate', probability: 0 }, protocol), 6)).toEqual(plain);
  });

  it('duplicated ones come twice', async () => {
    const [a, b, c, d] = await frames(await joined({ fault: 'duplicate', probability: 1 }, protocol), 4);
    expect([a, c]).toEqual([b, d]);
    expect(a).not.toBe(c);
  });

  it('dropped ones do not come, acks do', async () => {
    const client = await joined({ fault: 'drop', probability: 1 }, protocol);
    client.send({ type: 'leaveGroup', group: GROUP, ackId: 2 });
    expect(await client.message()).toMatchObject({ type: 'ack', ackId: 2, success: true });
  });

  it('truncated ones are shorter', async () => {
    const [whole = ''] = await frames(await joined(undefined, protocol), 1);
    const [cut = whole] = await frames(await joined({ fault: 'truncate', probability: 1 }, protocol), 1);
    expect(cut.length).toBeLessThan(whole.length);
    // What remains is the start of the message, but for the last group of base64 characters.
    expect(whole.startsWith(cut.replace(/.{0,4}$/, ''))).toBe(true);
  });

  it('delayed ones still come', async () => {
    const plain = await frames(await joined(undefined, protocol), 2);
    expect(await frames(await joined({ fault: 'delay', probability: 1, ms: 30 }, protocol), 2)).toEqual(plain);
  });

  it('a disconnect ends the socket without a word', async () => {
    const client = await joined({ fault: 'disconnect', probability: 1 }, protocol);
    expect((await client.closed())[0]).toBe(1006);
  });
});
