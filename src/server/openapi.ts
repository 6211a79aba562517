import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { RouteRow } from './route.js';
import { errorBody } from './schemas.js';

/** Nothing but this server: the page loads no script, style or validator from elsewhere. */
const PAGE_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'";

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40"><text x="0" y="29" fill="#fff" font-family="sans-serif" font-size="30">gex</text></svg>';

/** Collects the documents of the routes registered afterwards and serves Swagger UI at `/docs`, where `/` leads. */
export async function mountDocuments(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'gex',
        version,
        description:
          'Recorded, computed or synthetic market days in the shape of the GexBot API, played back per API key: each request returns the next record.',
      },
      servers: [{ url: '/' }, { url: '/v2' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'Any text; every key has its own positions' },
          key: { type: 'apiKey', in: 'query', name: 'key' },
          admin: { type: 'apiKey', in: 'header', name: 'X-Admin-Token' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutInputTwins(jsonSchemaTransformObject(document)),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    theme: { title: 'gex API' },
    logo: { type: 'image/svg+xml', content: Buffer.from(LOGO), href: '/docs', target: '_self' },
    uiConfig: { validatorUrl: null, tryItOutEnabled: true },
  });
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'));
}

/** The named schemas are answers only; the generator writes each a second time as `NameInput`. */
function withoutInputTwins<D extends ReturnType<typeof jsonSchemaTransformObject>>(document: D): D {
  if (!('components' in document)) return document;
  const named = Object.entries(document.components?.schemas ?? {});
  const schemas = Object.fromEntries(named.filter(([name]) => !name.endsWith('Input')));
  return { ...document, components: { ...document.components, schemas } };
}

/** The schema of a row as fastify takes it: its parts validate, all of it is the document. */
export function schemaOf(row: RouteRow): FastifySchema {
  return {
    ...(row.params && { params: row.params }),
    ...(row.query && { querystring: row.query }),
    ...(row.body && { body: row.body }),
    response: responsesOf(row),
    ...{ tags: [row.tag], summary: row.summary, security: SECURITY[row.access] },
  };
}

const SECURITY = {
  public: [],
  key: [{ bearer: [] }, { key: [] }],
  admin: [{ admin: [] }],
} as const;

function responsesOf(row: RouteRow): Record<number, unknown> {
  const { description, schema = z.string(), contentType = 'application/json' } = row.answer;
  const refusals = { ...impliedRefusals(row), ...row.refusals };
  return {
    200: { description, content: { [contentType]: { schema } } },
    ...Object.fromEntries(
      Object.entries(refusals).map(([status, when]) => [
        status,
        { description: when, content: { 'application/json': { schema: errorBody } } },
      ]),
    ),
  };
}

function impliedRefusals(row: RouteRow): Record<number, string> {
  return {
    ...((row.access === 'key' || row.params || row.query || row.body) && {
      400: row.access === 'key' ? 'No API key, or a parameter is not valid' : 'A parameter is not valid',
    }),
    ...(row.access === 'admin' && { 401: 'Admin token missing or wrong', 403: 'Origin or network not allowed' }),
  };
}
