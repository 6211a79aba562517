import type { FastifyRequest } from 'fastify';

/** The address the client reached this server at, such as `http://127.0.0.1:8080`: links to further answers start with it. */
export function originOf({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}`;
}
