import type { Server, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Ctx } from '../io/ctx.js';

const DRAIN_MS = 10_000;

/** Is told of every answer when it has ended or was cut. */
type Ended = (response: ServerResponse, seconds: number) => void;

const START = Symbol('start');

type Timed = ServerResponse & { [START]?: number };

/** Counts the requests under way, so that closing can tell busy connections from those that only stay open. */
export class RequestCount {
  #underWay = 0;
  #whenNone: (() => void) | undefined;

  constructor(server: Server, ended: Ended) {
    const count = this;
    // One function for all answers: a closure and a wrapper of `once` per answer would be a part of what an answer costs.
    function onClose(this: Timed): void {
      ended(this, (performance.now() - (this[START] ?? 0)) / 1000);
      count.#underWay -= 1;
      if (count.#underWay === 0) count.#whenNone?.();
    }
    server.prependListener('request', (_request, response: Timed) => {
      response[START] = performance.now();
      this.#underWay += 1;
      response.on('close', onClose);
    });
  }

  /** Resolves when no request is under way. */
  async none(): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenNone = resolve;
    });
  }
}

/**
 * Stops listening, waits up to 10 s for the requests under way, then cuts every connection: a client's spare
 * connection that never carried a request would otherwise keep the server open for a minute.
 */
export async function drain(app: FastifyInstance, requests: RequestCount, { clock, log }: Ctx): Promise<void> {
  const timer = new AbortController();
  const closed = app.close();
  const late = clock.sleep(DRAIN_MS, timer.signal).then(
    () => log.warn('requests still under way after 10 s were cut'),
    () => {},
  );
  await Promise.race([requests.none(), late]);
  timer.abort();
  app.server.closeAllConnections();
  await closed;
}
