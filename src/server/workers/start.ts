import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calendarOverrides } from '../../core/calendar.js';
import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { listDates } from '../../stores/archive/days.js';
import { urlOf, warnOfExposure } from '../address.js';
import { isLoopback } from '../admin.js';
import type { ServerOptions } from '../assemble.js';
import { chooseDays } from '../days.js';
import { followNewest } from '../follow.js';
import { serverSecret } from '../secret.js';
import { Tokens } from '../sockets/tokens.js';
import type { RunningServer } from '../start.js';
import { Crew } from './crew.js';
import { Door } from './door.js';
import { REPLACED } from './forward.js';
import { keyOfHead } from './head.js';

/**
 * Serves a day with `count` processes behind one port: each API key has one of them as its home, where all its
 * positions, clocks and sessions are. Throws like `startServer`; `usage` where one clock would have to be in all of them.
 */
export async function startWorkers(options: ServerOptions, count: number, ctx: Ctx): Promise<RunningServer> {
  if (options.clock?.owner === 'shared' && options.store?.kind !== 'redis') {
    throw new GexError(
      'usage',
      `--playback-clock shared with --workers ${count} needs --playback-store redis: one clock cannot be in the memory of several processes.`,
    );
  }
  const { date } = chooseDays(await listDates(options.root), options);
  const signingSecret = await serverSecret(options.root, options.signingSecret, ctx.log);
  const folder = await mkdtemp(join(tmpdir(), 'gex-workers-')); // mode 0700
  const crew = new Crew(
    {
      options: { ...options, date, signingSecret, ownKeys: Math.ceil(options.maxKeys / count) },
      count,
      folder,
      specialDays: calendarOverrides(),
      secret: randomBytes(32).toString('hex'),
      maxClients: options.sockets?.maxClients ?? 0,
    },
    ctx,
  );
  try {
    const loaded = await crew.open();
    if (!isLoopback(options.host)) warnOfExposure(options, ctx);
    return await openDoor({ ...options, signingSecret, folder }, crew, { loaded, ctx });
  } catch (error) {
    await crew.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface DoorOptions extends ServerOptions {
  readonly signingSecret: string;
  readonly folder: string;
}

interface Opening {
  readonly loaded: Pick<RunningServer, 'date' | 'files' | 'tickers'>;
  readonly ctx: Ctx;
}

async function openDoor(options: DoorOptions, crew: Crew, { loaded, ctx }: Opening): Promise<RunningServer> {
  const tokens = new Tokens(options.signingSecret);
  const ownerOf = (token: string): string | undefined => tokens.open(token)?.apiKey;
  const door = new Door(options, {
    connections: () => crew.connections,
    take: (socket, bytes) => {
      const worker = crew.workerFor(keyOfHead(bytes, ownerOf));
      if (worker === undefined) refuse(socket);
      else worker.hand(socket, bytes);
    },
  });
  const port = await door.open(options);
  const closing = new AbortController();
  const follower = {
    root: options.root,
    date: () => crew.date,
    reload: (date: string) => crew.reload(date)?.then((reloaded) => reloaded.date),
  };
  const following = followNewest(follower, options, ctx, closing.signal);
  return {
    ...loaded,
    url: urlOf(options.host, port),
    close: async () => {
      closing.abort();
      door.close();
      await following;
      await crew.close();
      await rm(options.folder, { recursive: true, force: true });
    },
  };
}

/** The home of a key is being replaced: this takes a second or so. */
function refuse(socket: Socket): void {
  const body = JSON.stringify({ error: REPLACED });
  const head = [
    'HTTP/1.1 503 Service Unavailable',
    'Connection: close',
    'Retry-After: 1',
    'Access-Control-Allow-Origin: *',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
