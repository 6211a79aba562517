import { z } from 'zod';
import { HUBS } from '../../wire/hubs.js';
import { originOf } from '../origin.js';
import { refuse } from '../refuse.js';
import { type Call, type RouteRow, route } from '../route.js';
import { membershipCount, type Plan, planReplacement, planSession } from '../sockets/plan.js';
import type { Sockets } from '../sockets/sockets.js';

const HUB_NAMES = [...HUBS.map((row) => row.name), ...HUBS.map((row) => row.v2)];

const group = z.string().describe('TICKER_package_category or TICKER_spot, without prefix');
const urls = z.record(z.string(), z.string()).describe('WebSocket URL by hub, each with its access token');
const limits = { 403: 'More memberships than WS_GROUP_LIMIT', 404: 'WebSockets are turned off' };

/** The two ways to a WebSocket (contract sections 5.2 to 5.4). */
export const NEGOTIATE_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/negotiate',
    tag: 'websocket',
    summary: 'URLs of hubs whose groups the client joins itself',
    access: 'key',
    answer: {
      description: 'One URL per hub, and the prefix of group names',
      schema: z.object({ websocket_urls: urls, prefix: z.string() }),
    },
    refusals: { 404: 'WebSockets are turned off' },
    handle: (call) => {
      const { sockets } = call.state;
      if (sockets === undefined) return turnedOff(call);
      return {
        websocket_urls: sockets.urls(call.apiKey, baseOf(call), 'legacy'),
        prefix: sockets.options.prefix,
      };
    },
  }),
  route({
    method: 'POST',
    path: '/negotiate',
    tag: 'websocket',
    summary: 'Start a session: the server joins these groups for every connection made with its URLs',
    access: 'key',
    body: z.object({ groups: z.array(group).min(1) }),
    answer: {
      description: 'One URL per hub; v2_ hubs when spot groups are asked for. The earlier session of the key ends.',
      schema: z.object({ websocket_urls: urls }),
    },
    refusals: limits,
    handle: (call) => {
      const { apiKey, body, state } = call;
      const { sockets } = state;
      if (sockets === undefined) return turnedOff(call);
      const plan = planSession(body.groups);
      const refusal = refuseTooMany(call, plan, sockets);
      if (refusal !== undefined) return refusal;
      sockets.open(apiKey, plan);
      return { websocket_urls: sockets.urls(apiKey, baseOf(call)) };
    },
  }),
  route({
    method: 'PATCH',
    path: '/negotiate',
    tag: 'websocket',
    summary: 'Replace all groups of the session, while it is connected',
    access: 'key',
    body: z.object({ groups: z.array(z.object({ hub: z.enum(HUB_NAMES), group })) }),
    answer: {
      description: 'Memberships now, in all and by hub',
      schema: z.object({ updated_groups: z.int(), hubs: z.record(z.string(), z.int()) }),
    },
    refusals: limits,
    handle: (call) => {
      const { apiKey, body, state } = call;
      const { sockets } = state;
      if (sockets === undefined) return turnedOff(call);
      const plan = planReplacement(body.groups, sockets.generationOf(apiKey));
      const refusal = refuseTooMany(call, plan, sockets);
      return refusal ?? { updated_groups: membershipCount(plan), hubs: sockets.replace(apiKey, plan) };
    },
  }),
  ...['/client/hubs/{hub}', '/ws/{hub}', '/client'].map((path) =>
    route({
      method: 'GET',
      path,
      tag: 'websocket',
      summary: 'A hub, for WebSocket clients: the URLs of negotiate lead here',
      access: 'public',
      answer: { description: 'Never: a WebSocket upgrade is answered 101, anything else 426' },
      refusals: { 426: 'The request is no WebSocket upgrade' },
      handle: ({ reply }) =>
        refuse(
          reply.header('upgrade', 'websocket'),
          426,
          'This is a WebSocket hub; GET or POST /negotiate gives its URL.',
        ),
    }),
  ),
];

type AnyCall = Call<unknown, unknown, unknown>;

function turnedOff({ reply }: AnyCall): unknown {
  return refuse(reply, 404, 'WebSockets are turned off; start the server with WS_ENABLED=true.');
}

function refuseTooMany({ reply }: AnyCall, plan: Plan, { options }: Sockets): unknown {
  const count = membershipCount(plan);
  if (count <= options.groupLimit) return undefined;
  return refuse(reply, 403, `${count} group memberships, at most ${options.groupLimit} are allowed.`);
}

/** The server's address for WebSockets, such as `ws://127.0.0.1:8080`. */
function baseOf({ request }: AnyCall): string {
  return originOf(request).replace(/^http/, 'ws');
}
