import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { GexError } from '../../errors.js';
import type { PackageName } from '../../wire/catalogue.js';
import { majorsOf, maxChangeOf } from '../derived.js';
import { turnOf } from '../direct.js';
import type { RecordView } from '../library.js';
import { nextRecord } from '../next-record.js';
import { playbackOf } from '../replay.js';
import { type Call, type RouteRow, route } from '../route.js';
import * as schemas from '../schemas.js';

interface RecordParams {
  readonly ticker: string;
  /** As the client wrote it: canonical name or alias. */
  readonly category: string;
}

type Body = Buffer | string;

export const RECORD_TYPE = 'application/json; charset=utf-8';

/** What a view answers for the stored bytes of a record: the chain itself is passed on untouched. */
const VIEWS: Readonly<Record<RecordView, (record: Buffer) => Body>> = {
  chain: (record) => record,
  majors: majorsOf,
  maxchange: maxChangeOf,
};

const DERIVED = [
  { view: 'majors', summary: 'Majors of the next record', schema: schemas.majors },
  { view: 'maxchange', summary: 'Largest changes of the next record', schema: schemas.maxChange },
] as const;

const refusals = { 404: 'No such data is loaded, or the key has seen the last record', 422: 'The record is damaged' };

/** The routes that play records back. */
export const RECORD_ROUTES: readonly RouteRow[] = [
  chainRow('classic', 'Next gamma exposure record of the classic package', schemas.gexChain),
  ...derivedRows('classic'),
  chainRow('state', 'Next record of the state package', z.union([schemas.gexChain, schemas.greekProfile])),
  ...derivedRows('state'),
  chainRow('orderflow', 'Next orderflow record', schemas.orderflow),
];

/** Where the whole records of a package are. */
export function chainPath(of: PackageName): string {
  return `/{ticker}/${of}/{category}`;
}

function chainRow(of: PackageName, summary: string, schema: z.ZodType): RouteRow {
  return route({
    method: 'GET',
    path: chainPath(of),
    tag: of,
    summary,
    access: 'key',
    params: z.object({ ticker: schemas.ticker, category: schemas.category(of) }),
    answer: { description: 'The record, byte for byte as stored', schema },
    refusals,
    packsItself: true,
    handle: (call) => serveRecord(call, of, 'chain'),
  });
}

function derivedRows(of: PackageName): readonly RouteRow[] {
  return DERIVED.map(({ view, summary, schema }) =>
    route({
      method: 'GET',
      path: `${chainPath(of)}/${view}`,
      tag: of,
      summary,
      access: 'key',
      params: z.object({ ticker: schemas.ticker, category: schemas.category(of, 'gex') }),
      answer: { description: 'Derived from the record with its numbers unchanged', schema },
      refusals,
      packsItself: true,
      handle: (call) => serveRecord(call, of, view),
    }),
  );
}

function serveRecord(call: Call<RecordParams, unknown, unknown>, of: PackageName, view: RecordView): unknown {
  const { ticker, category } = call.params;
  const { session } = call.state.replay;
  const stream = session.library.find(ticker, of, category);
  if (stream === undefined) throw new GexError('missing', `Data not found for ${ticker}/${of}/${category}`);
  const turn =
    turnOf(call.request.raw) ??
    nextRecord(session, { apiKey: call.apiKey, counter: stream.counters[view], stream }, VIEWS[view]);
  return turn instanceof Promise ? turn.then((body) => send(call, body)) : send(call, turn);
}

type Sending = Pick<Call<unknown, unknown, unknown>, 'reply' | 'state'>;

function send({ reply, state }: Sending, body: Body | undefined): FastifyReply {
  if (body === undefined) {
    const none =
      playbackOf(state.replay.session) === 'request' ? 'No more data available' : 'No record at this time yet';
    throw new GexError('missing', none);
  }
  reply.header('content-type', RECORD_TYPE);
  if (reply.request.headers['accept-encoding'] === undefined) return reply.send(body);
  reply.compress(body);
  return reply;
}
