import compress from '@fastify/compress';
import cors from '@fastify/cors';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import type { PackageName } from '../wire/catalogue.js';
import { type AdminOptions, refuseAdmin } from './admin.js';
import { Admission, type AdmissionOptions } from './admission.js';
import { maskKey } from './auth.js';
import { answerDirectly } from './direct.js';
import { injectFaults } from './inject.js';
import type { Metrics } from './metrics.js';
import { mountDocuments, schemaOf } from './openapi.js';
import type { Peers } from './peers.js';
import { answerClientError, answerError, pathOf, refuse } from './refuse.js';
import type { Call, RouteRow, ServerState } from './route.js';
import { chainPath, RECORD_TYPE } from './routes/records.js';
import { ROUTES } from './routes.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Empty until the route's key has been checked. */
    apiKey: string;
  }
}

interface AppOptions extends AdminOptions, AdmissionOptions {
  readonly version: string;
  /** One debug line per request; off, no request pays for it. */
  readonly logRequests: boolean;
  /** Believe a proxy's X-Forwarded-Proto and X-Forwarded-Host. */
  readonly trustProxy: boolean;
}

/** Both bases of the vendor: `https://api.gex.bot/v2` and the routes it serves without it (contract section 1.1). */
const PREFIXES = ['', '/v2'] as const;

/** Methods that get a 405 where a path exists without them; OPTIONS belongs to CORS. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const CORS = {
  origin: '*',
  methods: ['GET', 'POST', 'PATCH'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Accept', 'X-Admin-Token'],
  strictPreflight: false,
};

/** Bodies are a few names; none is larger. */
const MAX_BODY_BYTES = 64 * 1024;

/** The HTTP application over a loaded day, not yet listening. */
export async function createApp(state: ServerState, options: AppOptions): Promise<FastifyInstance> {
  const { log } = state.ctx;
  const app = Fastify({
    exposeHeadRoutes: false, // a HEAD would move the caller's position without showing the record
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: options.trustProxy,
    requestTimeout: 30_000,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) =>
      answerError(error, request as FastifyRequest, reply as FastifyReply, log),
    clientErrorHandler: answerClientError,
  });
  app.decorateRequest('apiKey', '');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log));
  app.setNotFoundHandler((request, reply) => refuse(reply, 404, `No route ${request.method} ${pathOf(request)}`));
  acceptJsonOfAnyType(app);
  if (options.logRequests) {
    app.addHook('onResponse', (request, reply, done) => {
      log.debug('answered', describe(request, reply));
      done();
    });
  }

  const { peers } = state;
  if (peers !== undefined) {
    app.addHook('onRequest', (request, reply, done) => {
      if (peers.trusts(request.raw)) done();
      else refuse(reply, 403, 'This address is for the processes of the server among themselves.');
    });
  }
  await app.register(cors, CORS);
  await app.register(compress, { global: false });
  await mountDocuments(app, options.version);
  const admission = new Admission(options, state.ctx.clock);
  const guards = { admin: options, admission };
  for (const prefix of PREFIXES) {
    for (const row of ROUTES) mount(app, prefix, row, { state, ...guards });
    for (const path of new Set(ROUTES.map((row) => row.path))) mountMethodNotAllowed(app, prefix, path);
  }
  if (!options.logRequests && admission.isOpen) serveDirectly(app, state);
  return app;
}

/** Until the server closes: from then on, the framework says so to whoever comes. */
function serveDirectly(app: FastifyInstance, state: ServerState): void {
  const meter = (of: PackageName) => state.metrics.meter('GET', chainPath(of));
  const meters = { classic: meter('classic'), state: meter('state'), orderflow: meter('orderflow') };
  const stop = answerDirectly(app.server, state, { contentType: RECORD_TYPE, origin: CORS.origin, meters });
  app.addHook('preClose', async () => stop());
}

const LIVE_ONLY =
  'This server is live: every key gets the newest record, so there is nothing to seek, pause, reset or reload. Serve a day without --live for that.';

interface Mounting {
  readonly state: ServerState;
  readonly admin: AdminOptions;
  readonly admission: Admission;
}

function mount(app: FastifyInstance, prefix: string, row: RouteRow, { state, admin, admission }: Mounting): void {
  const meter = state.metrics.meter(row.method, row.path);
  app.route({
    method: row.method,
    url: fastifyPath(prefix, row.path),
    schema: { ...schemaOf(row), ...(prefix !== '' && { hide: true }) },
    config: { cors: false }, // the one header is set below: the plugin copies its options for every request
    ...(row.packsItself !== true && { compress: {} }),
    onRequest: (request, reply, done) => {
      state.metrics.mark(reply.raw, meter);
      reply.header('access-control-allow-origin', CORS.origin);
      if (row.access === 'key') {
        admission.identify(request);
        if (state.peers?.isHome(request.apiKey) === false) return forward(state.peers, request, reply, state.metrics);
        if (admission.admit(request, reply) !== undefined) return;
      }
      if (row.access === 'admin' && refuseAdmin(request, reply, admin) !== undefined) return;
      if (row.replayOnly === true && state.replay.options.live === true) return void refuse(reply, 400, LIVE_ONLY);
      const { faults } = state.replay;
      if (row.access === 'key' && faults.active) void injectFaults(faults, state.ctx, reply, done);
      else done();
    },
    handler: (request, reply) => {
      const { params, query, body, apiKey } = request;
      const call: Call<unknown, unknown, unknown> = { params, query, body, apiKey, state, request, reply };
      return row.handle(call);
    },
  });
}

/** The home of the key answers, and counts the answer. */
function forward(peers: Peers, request: FastifyRequest, reply: FastifyReply, metrics: Metrics): void {
  reply.hijack();
  metrics.leave(reply.raw);
  peers.forward(request.apiKey, request.raw, reply.raw);
}

function mountMethodNotAllowed(app: FastifyInstance, prefix: string, path: string): void {
  const allowed = ROUTES.filter((row) => row.path === path).map((row) => row.method);
  app.route({
    method: METHODS.filter((method) => !allowed.some((name) => name === method)),
    url: fastifyPath(prefix, path),
    schema: { hide: true },
    onRequest: (request, reply) => {
      const allow = allowed.join(', ');
      refuse(reply.header('allow', allow), 405, `${request.method} is not allowed here; use ${allow}.`);
    },
    handler: () => undefined,
  });
}

function fastifyPath(prefix: string, path: string): string {
  return prefix + path.replace(/\{(\w+)\}/g, ':$1');
}

/** `curl -d` sends JSON under a form's content type, and a bare POST under none; both are read as JSON. */
function acceptJsonOfAnyType(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(String(text)));
    } catch {
      done(Object.assign(new Error('The body is not JSON.'), { statusCode: 400 }));
    }
  });
}

function describe(request: FastifyRequest, reply: FastifyReply): Record<string, unknown> {
  return {
    method: request.method,
    path: pathOf(request),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 100) / 100,
    ...(request.apiKey !== '' && { key: maskKey(request.apiKey) }),
  };
}
