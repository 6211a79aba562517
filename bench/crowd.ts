// A child process of sockets.bench.ts: a crowd of WebSocket clients of one API key, spread evenly over groups.
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What the parent asks for. */
export interface Crowd {
  readonly url: string;
  readonly clients: number;
  /** Whole seconds to count. */
  readonly seconds: number;
  readonly groups: readonly { readonly hub: string; readonly name: string }[];
}

/** What the counted seconds brought; lateness is from the whole second to the message's arrival here. */
export interface CrowdReport {
  readonly received: number;
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Of the server, in the same time. */
  readonly encodes: number;
  readonly ticks: number;
  readonly cpuSeconds: number;
}

/** The default of the official clients. */
const SUBPROTOCOL = 'json.reliable.webpubsub.azure.v1';
/** Sockets opened at a time, fewer than a listening socket's backlog. */
const BATCH = 100;

async function run({ url, clients, seconds, groups }: Crowd): Promise<CrowdReport> {
  const headers = { authorization: 'Bearer bench' };
  const answer = (await (await fetch(`${url}/negotiate`, { headers })).json()) as {
    websocket_urls: Record<string, string>;
  };
  const late: number[] = [];
  let counting = false;
  const join = async (index: number): Promise<void> => {
    const { hub, name } = groups[index % groups.length] as Crowd['groups'][number];
    const socket = new WebSocket(answer.websocket_urls[hub] as string, SUBPROTOCOL, { perMessageDeflate: false });
    await once(socket, 'open');
    const joined = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const frame = data as Buffer;
        if (frame.indexOf('"message"') > 0 && frame.length > 500) {
          if (counting) late.push(Date.now() % 1000);
        } else if (frame.indexOf('"ack"') > 0) resolve();
      });
    });
    socket.send(JSON.stringify({ type: 'joinGroup', group: name, ackId: 1 }));
    await joined;
  };
  for (let start = 0; start < clients; start += BATCH) {
    await Promise.all(Array.from({ length: Math.min(BATCH, clients - start) }, (_, i) => join(start + i)));
  }
  // Half a second after a whole one: what comes before belongs to a tick that has ended.
  const start = Math.ceil(Date.now() / 1000) * 1000 + 500;
  await until(start);
  const before = await figures(url);
  counting = true;
  await until(start + seconds * 1000);
  counting = false;
  const after = await figures(url);
  late.sort((a, b) => a - b);
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? Number.NaN;
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  return {
    received: late.length,
    latenessMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    encodes: grown('gex_websocket_encodes_total'),
    ticks: grown('gex_websocket_ticks_total'),
    cpuSeconds: grown('process_cpu_seconds_total'),
  };
}

async function until(ms: number): Promise<void> {
  while (Date.now() < ms) await new Promise((resolve) => setTimeout(resolve, ms - Date.now()));
}

async function figures(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map([...text.matchAll(/^(\w+) ([\d.e+-]+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
}

process.on('message', async (message) => {
  process.send?.(await run(message as Crowd));
});
process.on('disconnect', () => process.exit());
