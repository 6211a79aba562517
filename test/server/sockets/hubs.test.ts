import { describe, expect, it } from 'vitest';
import { connectTo, negotiate, SUBPROTOCOLS, serveSockets } from './clients.js';

const GROUP = 'blue_ES_SPX_orderflow_orderflow';

describe.each(SUBPROTOCOLS)('a hub with %s', (protocol) => {
  it('greets first, acknowledges the join and sends every record', async () => {
    const server = await serveSockets();
    const { orderflow } = await negotiate(server);
    const client = await connectTo(orderflow, protocol);
    expect(await client.join(GROUP, 7)).toMatchObject({ ackId: 7, success: true });
    for (let i = 0; i < 3; i++) expect(await client.next('message')).toMatchObject({ from: 'group', group: GROUP });
    expect(new Set(client.binaries)).toEqual(new Set([protocol.startsWith('protobuf')]));
  });
});
