import { z } from 'zod';
import { type RouteRow, route } from '../route.js';

/** The OpenAPI document, which `/docs` draws. */
export const DOCUMENT_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/openapi.json',
    tag: 'server',
    summary: 'This document as JSON',
    access: 'public',
    answer: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) },
    handle: ({ request }) => request.server.swagger(),
  }),
  route({
    method: 'GET',
    path: '/openapi.yaml',
    tag: 'server',
    summary: 'This document as YAML',
    access: 'public',
    answer: { description: 'OpenAPI 3.1', contentType: 'application/yaml' },
    handle: ({ request, reply }) =>
      reply.type('application/yaml; charset=utf-8').send(request.server.swagger({ yaml: true })),
  }),
];
