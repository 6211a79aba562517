import { z } from 'zod';
import { FIRST_YEAR, LAST_YEAR, newYorkDate, tradingDay } from '../../core/calendar.js';
import { GexError } from '../../errors.js';
import { openArray } from '../../stores/archive/array.js';
import { holdsFile } from '../../stores/archive/inside.js';
import { streamPath } from '../../stores/archive/path.js';
import { zipRecords } from '../../stores/archive/zip.js';
import { CATEGORIES, categoryOf, type StreamKey } from '../../wire/catalogue.js';
import { newestFinished } from '../end-of-day.js';
import { originOf } from '../origin.js';
import { refuse } from '../refuse.js';
import { type RouteRow, route, type ServerState } from '../route.js';
import * as schemas from '../schemas.js';
import { sendBytes } from '../send-bytes.js';

const DAY_MS = 86_400_000;

const params = z.object({
  ticker: schemas.ticker,
  package: schemas.packageName,
  category: z
    .enum([...new Set(CATEGORIES.flatMap(({ category, alias = category }) => [category, alias]))])
    .describe('Category of the package, by its full name or its alias'),
  date: schemas.date,
});

/** The history files of contract section 2: a link first, then the file behind it. */
export const HISTORY_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/hist/{ticker}/{package}/{category}/{date}',
    tag: 'history',
    summary: 'A link to the records of a day as one JSON array',
    access: 'key',
    params,
    query: z.object({
      noredirect: z
        .union([z.string(), z.array(z.string())])
        .optional()
        .describe('Present, with any value or none: the link comes as JSON instead of a redirect'),
    }),
    answer: { description: 'With `noredirect`', schema: z.object({ url: z.string() }) },
    refusals: { 302: 'The link is in `Location`', 404: 'The day is not held, or no trading day' },
    handle: async ({ params, query, request, state, reply }) => {
      const key = keyOf(params);
      await requireHeld(state, key);
      const url = `${originOf(request)}${signedPath(state, key)}`;
      return query.noredirect === undefined ? reply.redirect(url, 302) : { url };
    },
  }),
  route({
    method: 'GET',
    path: '/files/{ticker}/{package}/{category}/{date}',
    tag: 'history',
    summary: 'The records of a day, to whoever has the link',
    access: 'public',
    params,
    query: z.object({
      expires: z.coerce.number().int().describe('Unix seconds'),
      signature: z.string().describe('As in the link'),
    }),
    answer: {
      description: 'A JSON array of the records; in parts with `Range`, gzip on request',
      schema: z.array(z.unknown()),
    },
    refusals: { 403: 'The link has expired or was changed', 404: 'The file is gone' },
    packsItself: true,
    handle: async ({ params, query, state, reply }) => {
      const key = keyOf(params);
      if (!state.signer.verify(signedText(key, query.expires), query.signature)) {
        return refuse(reply, 403, 'This link is not one of ours, or was changed: ask for a new one.');
      }
      if (state.ctx.clock.now() >= query.expires * 1000) {
        return refuse(reply, 403, 'This link has expired: ask for a new one.');
      }
      await requireHeld(state, key);
      const array = await openArray(streamPath(rootOf(state), key));
      return sendBytes(reply, array, { type: 'application/json', filename: `${fileNameOf(key)}.json`, gzip: true });
    },
  }),
  route({
    method: 'GET',
    path: '/hist/eod/{ticker}',
    tag: 'history',
    summary: 'All records of the newest finished session of a ticker',
    access: 'key',
    params: z.object({ ticker: schemas.ticker }),
    answer: { description: 'A ZIP of one gzipped JSON array per category', contentType: 'application/zip' },
    refusals: { 404: 'No finished session of the ticker is held' },
    packsItself: true,
    handle: async ({ params: { ticker }, state, reply }) => {
      const keys = await newestFinished(rootOf(state), ticker, state.ctx.clock.now());
      const [first] = keys;
      if (first === undefined) throw new GexError('missing', `No finished session of ${ticker} is held`);
      return reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename=eod_report_${ticker}_${first.date}.zip`)
        .send(zipRecords(rootOf(state), keys));
    },
  }),
];

const rootOf = (state: ServerState): string => state.replay.options.root;

const fileNameOf = (key: StreamKey): string => `${key.date}_${key.ticker}_${key.package}_${key.category}`;

function keyOf({ ticker, package: packageName, category: name, date }: z.infer<typeof params>): StreamKey {
  const row = categoryOf(packageName, name);
  if (row === undefined) {
    throw new GexError('usage', `parameter "category" in path: package ${packageName} has no category ${name}`);
  }
  return { date, ticker, package: packageName, category: row.category };
}

/** Throws `missing` where there is no file to link to, or the date is older than the window. */
async function requireHeld(state: ServerState, key: StreamKey): Promise<void> {
  const { date, ticker, package: packageName, category } = key;
  const asked = `No history for ${ticker}/${packageName}/${category} on ${date}`;
  const { windowDays } = state.history;
  const path = streamPath(rootOf(state), key);
  if (windowDays > 0 && date < newYorkDate(state.ctx.clock.now() - windowDays * DAY_MS)) {
    throw new GexError('missing', `${asked}: it is more than ${windowDays} days ago`);
  }
  if (await holdsFile(rootOf(state), path)) return;
  throw new GexError('missing', isSession(date) ? asked : `${asked}: it is not a trading day`);
}

function isSession(date: string): boolean {
  const year = Number(date.slice(0, 4));
  return year < FIRST_YEAR || year > LAST_YEAR || tradingDay(date) !== undefined;
}

function signedPath(state: ServerState, key: StreamKey): string {
  const expires = Math.ceil((state.ctx.clock.now() + state.history.linkLifeMs) / 1000);
  const signature = state.signer.sign(signedText(key, expires));
  const path = `/files/${key.ticker}/${key.package}/${key.category}/${key.date}`;
  return `${path}?expires=${expires}&signature=${signature}`;
}

/** Named as what it is, so that it can never be taken for a token of another kind. */
function signedText(key: StreamKey, expires: number): string {
  return `file ${fileNameOf(key)} until ${expires}`;
}
