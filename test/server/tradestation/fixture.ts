import { onTestFinished } from 'vitest';
import { newYorkInstant } from '../../../src/core/calendar.js';
import { type Ctx, systemClock } from '../../../src/io/ctx.js';
import {
  type RunningTradestation,
  startTradestation,
  type TradestationOptions,
} from '../../../src/server/tradestation/start.js';

const quiet = (): void => {};

function quietCtx(): Ctx {
  return {
    clock: systemClock,
    signal: new AbortController().signal,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    progress: { start: () => ({ advance: quiet, done: quiet }) },
  };
}

/** An ordinary Wednesday, 10:00 New York. */
export const WEDNESDAY = newYorkInstant('2025-12-17', 10, 0);

export type Json = Record<string, unknown>;

/** A stand-in in manual time with a signed-in caller. */
export interface Standin extends RunningTradestation {
  token: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  json<T = Json>(path: string): Promise<T>;
  form(path: string, fields: Record<string, string>): Promise<Response>;
  control<T = Json>(path: string, body?: unknown): Promise<T>;
  stream(path: string): Promise<StreamReader>;
}

export async function standin(options: Partial<TradestationOptions> = {}): Promise<Standin> {
  const server = await startTradestation(
    { port: 0, seed: 7, startMs: WEDNESDAY, mode: 'manual', tickers: ['HEALTH', 'RUT'], quirks: false, ...options },
    quietCtx(),
  );
  onTestFinished(() => server.close());
  const form = (path: string, fields: Record<string, string>) =>
    fetch(server.url + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  const { clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token } = server.credentials;
  const grant = { grant_type: 'refresh_token', client_id, client_secret, refresh_token };
  const answer = (await (await form('/oauth/token', grant)).json()) as { access_token: string };
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(server.url + path, {
      headers: { authorization: `Bearer ${answer.access_token}`, ...headers },
      redirect: 'manual',
    });
  const standin: Standin = {
    ...server,
    token: answer.access_token,
    ...{ form, get },
    json: async <T>(path: string) => (await (await get(path)).json()) as T,
    control: async <T>(path: string, body?: unknown) => {
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      return (await (await fetch(server.url + path, init)).json()) as T;
    },
    stream: async (path) => new StreamReader(await get(path)),
  };
  return standin;
}

/** Reads a stream's lines as they arrive. */
export class StreamReader {
  readonly response: Response;
  /** Everything that arrived. */
  text = '';
  readonly ended: Promise<'end' | 'cut'>;
  #taken = 0;
  #waiting: (() => void)[] = [];

  constructor(response: Response) {
    this.response = response;
    this.ended = this.#read();
  }

  /** The next line; undefined when the stream ends before one. */
  async line(): Promise<string | undefined> {
    let over = false;
    void this.ended.then(() => {
      over = true;
      this.#wake();
    });
    for (;;) {
      const end = this.text.indexOf('\n', this.#taken);
      if (end >= 0) {
        const line = this.text.slice(this.#taken, end);
        this.#taken = end + 1;
        return line;
      }
      if (over) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async json<T = Json>(): Promise<T> {
    const line = await this.line();
    if (line === undefined) throw new Error('the stream has ended');
    return JSON.parse(line) as T;
  }

  /** Lines up to the first that fits. */
  async until(fits: (value: Json) => boolean): Promise<Json[]> {
    const seen: Json[] = [];
    for (;;) {
      const value = await this.json();
      seen.push(value);
      if (fits(value)) return seen;
    }
  }

  async #read(): Promise<'end' | 'cut'> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body as unknown as AsyncIterable<Uint8Array>) {
        this.text += decoder.decode(chunk, { stream: true });
        this.#wake();
      }
      return 'end';
    } catch {
      return 'cut';
    } finally {
      this.#wake();
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
