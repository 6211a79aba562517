import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { GexError } from '../../errors.js';
import { listDates, listStreams } from '../../stores/archive/days.js';
import { holdsFile } from '../../stores/archive/inside.js';
import { streamPath } from '../../stores/archive/path.js';
import { categoryOf, type PackageName, type StreamKey } from '../../wire/catalogue.js';
import { gapBody, gapsOf } from '../live/gaps.js';
import { type RouteRow, route, type ServerState } from '../route.js';
import * as schemas from '../schemas.js';
import { type ByteSource, sendBytes } from '../send-bytes.js';

const PACKAGES: readonly PackageName[] = ['classic', 'state', 'orderflow'];

const NDJSON = 'application/x-ndjson';

const names = z.array(z.string());

/** What the archive holds, loaded or not, and its files. */
export const ARCHIVE_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/available-dates',
    tag: 'archive',
    summary: 'Market days that hold records',
    access: 'public',
    answer: { description: 'Ascending dates', schema: z.object({ dates: names, count: z.int() }) },
    handle: async ({ state }) => {
      const dates = await listDates(rootOf(state));
      return { dates, count: dates.length };
    },
  }),
  route({
    method: 'GET',
    path: '/available-data/{date}',
    tag: 'archive',
    summary: 'Tickers, packages and categories of a day',
    access: 'public',
    params: z.object({ date: schemas.date }),
    query: z.object({ ticker: schemas.ticker.optional() }),
    answer: {
      description: 'Empty lists for a day that is not held',
      schema: z.object({
        date: z.string(),
        tickers: z.array(
          z.object({
            symbol: z.string(),
            packages: z.array(z.object({ name: z.string(), categories: names })),
            gaps: z.array(gapBody).optional().describe('Spans without records, where a recording has some'),
          }),
        ),
        summary: z.object({ total_tickers: z.int(), total_files: z.int() }),
      }),
    },
    handle: async ({ params, query, state }) => {
      const keys = await keysOf(state, params.date, query.ticker);
      const symbols = [...new Set(keys.map((key) => key.ticker))];
      return {
        date: params.date,
        tickers: await Promise.all(
          symbols.map(async (symbol) => {
            const gaps = await gapsOf(rootOf(state), params.date, symbol);
            return { symbol, packages: packagesOf(keys, symbol), ...(gaps.length > 0 && { gaps }) };
          }),
        ),
        summary: { total_tickers: symbols.length, total_files: keys.length },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/download/{date}/{ticker}/links',
    tag: 'archive',
    summary: 'Paths of the record files of a ticker-day',
    access: 'public',
    params: z.object({ date: schemas.date, ticker: schemas.ticker }),
    answer: {
      description: 'Paths by package',
      schema: z.object({
        date: z.string(),
        ticker: z.string(),
        links: z.object({ classic: names, state: names, orderflow: names }),
        summary: z.object({ total_links: z.int() }),
      }),
    },
    refusals: { 404: 'Nothing is held for this ticker and day' },
    handle: async ({ params: { date, ticker }, state }) => {
      const keys = await keysOf(state, date, ticker);
      if (keys.length === 0) throw new GexError('missing', `No data found for ${date}/${ticker}`);
      const links = PACKAGES.map((name) => [
        name,
        keys
          .filter((key) => key.package === name)
          .map(linkOf)
          .sort(),
      ]);
      return { date, ticker, links: Object.fromEntries(links), summary: { total_links: keys.length } };
    },
  }),
  ...(['classic', 'state'] as const).map((name) =>
    route({
      method: 'GET',
      path: `/download/{date}/{ticker}/${name}/{category}`,
      tag: 'archive',
      summary: `A ${name} record file`,
      access: 'public',
      params: z.object({ date: schemas.date, ticker: schemas.ticker, category: schemas.category(name) }),
      answer: { description: 'The file as stored', contentType: NDJSON },
      refusals: { 404: 'The file is not held' },
      packsItself: true,
      handle: ({ params: { date, ticker, category }, state, reply }) =>
        sendFile(reply, state, {
          date,
          ticker,
          package: name,
          category: categoryOf(name, category)?.category ?? category,
        }),
    }),
  ),
  route({
    method: 'GET',
    path: '/download/{date}/{ticker}/orderflow',
    tag: 'archive',
    summary: 'The orderflow record file',
    access: 'public',
    params: z.object({ date: schemas.date, ticker: schemas.ticker }),
    answer: { description: 'The file as stored', contentType: NDJSON },
    refusals: { 404: 'The file is not held' },
    packsItself: true,
    handle: ({ params: { date, ticker }, state, reply }) =>
      sendFile(reply, state, { date, ticker, package: 'orderflow', category: 'orderflow' }),
  }),
];

const rootOf = (state: ServerState): string => state.replay.options.root;

async function keysOf(state: ServerState, date: string, ticker: string | undefined): Promise<readonly StreamKey[]> {
  const keys = await listStreams(rootOf(state), date);
  return ticker === undefined ? keys : keys.filter((key) => key.ticker === ticker);
}

function packagesOf(keys: readonly StreamKey[], symbol: string) {
  const own = keys.filter((key) => key.ticker === symbol);
  const held = PACKAGES.filter((name) => own.some((key) => key.package === name));
  return held.map((name) => ({
    name,
    categories: own.filter((key) => key.package === name).map((key) => key.category),
  }));
}

function linkOf(key: StreamKey): string {
  const start = `/download/${key.date}/${key.ticker}/${key.package}`;
  return key.package === 'orderflow' ? start : `${start}/${key.category.replace(/^gex_/, '')}`;
}

async function sendFile(reply: FastifyReply, state: ServerState, key: StreamKey): Promise<FastifyReply> {
  const path = streamPath(rootOf(state), key);
  const file = (await holdsFile(rootOf(state), path)) ? await openFile(path) : undefined;
  if (file === undefined) {
    const name = `${key.date}/${key.ticker}/${key.package}/${key.category}.jsonl`;
    throw new GexError('missing', `File not found: ${name}`);
  }
  const category = key.package === 'orderflow' ? '' : `_${key.category}`;
  const filename = `${key.date}_${key.ticker}_${key.package}${category}.jsonl`;
  return sendBytes(reply, file, { type: NDJSON, filename, gzip: false });
}

/** Undefined when it is no file. */
async function openFile(path: string): Promise<ByteSource | undefined> {
  const handle = await open(path, 'r');
  const { size, mtimeMs, ino } = await handle.stat();
  return {
    length: size,
    version: [size, Math.round(mtimeMs), ino].map((part) => part.toString(36)).join('-'),
    read: (start, end) =>
      start < end
        ? handle.createReadStream({ start, end: end - 1 })
        : Readable.from([]).once('close', () => handle.close()),
    close: () => handle.close(),
  };
}
