import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { StreamSource } from './call.js';
import type { Switches } from './faults.js';
import { mix } from './market/mix.js';
import { stamp } from './quote-text.js';

/** Type of every market data stream, also those under /v3 (contract section 6.1). */
const CONTENT_TYPE = 'application/vnd.tradestation.streams.v2+json';
const HEARTBEAT_MS = 5000;
/** A client that does not read is let go when so much waits for it. */
const MOST_WAITING_BYTES = 64 << 20;
/** While so much waits, quotes are not drawn: the next delta covers what was left out. */
const CONFLATE_BYTES = 4 << 20;
/** With manual time: what may wait before the next step, and how long a client may take to read it. */
const DRAINED_BYTES = 1 << 20;
const DRAIN_MS = 500;
const OPEN_THEN_CLOSE_MS = 5000;
/** How long a stream above the soft cap lives (contract section 4.4: within about 30 seconds). */
const CAPPED_MS = 20_000;

interface ConnectionOptions {
  readonly id: number;
  readonly path: string;
  readonly response: ServerResponse;
  readonly source: StreamSource;
  readonly faults: Switches;
  /** Over the soft cap: accepted, silent, closed. */
  readonly capped: boolean;
  readonly openedMs: number;
  readonly heartbeatMs?: number;
  /** Cut writes at arbitrary bytes. */
  readonly scatter: boolean;
}

/** One open stream. Times called `serviceMs` are service time, `atMs` market time. */
export class Connection {
  readonly id: number;
  readonly path: string;
  readonly #response: ServerResponse;
  readonly #source: StreamSource;
  readonly #options: ConnectionOptions;
  #faults: Switches;
  #faultsMs: number;
  #heartbeats = 0;
  #lastMs: number;
  #messages = 0;
  #bytes = 0;
  #ended = false;
  #opened = false;
  #slow = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.id = options.id;
    this.path = options.path;
    this.#response = options.response;
    this.#source = options.source;
    this.#faults = options.faults;
    this.#faultsMs = options.openedMs;
    this.#lastMs = options.openedMs;
  }

  get ended(): boolean {
    return this.#ended || this.#response.destroyed;
  }

  get state() {
    const { id, path } = this;
    return {
      id,
      path,
      messages: this.#messages,
      bytes: this.#bytes,
      heartbeats: this.#heartbeats,
      undrainedBytes: this.#waiting,
    };
  }

  get #waiting(): number {
    return this.#response.writableLength;
  }

  /** Faults that were set while the stream was open. */
  meet(faults: Switches, serviceMs: number): void {
    this.#faults = faults;
    this.#faultsMs = serviceMs;
  }

  /** Headers and the first image. */
  async open(atMs: number): Promise<void> {
    this.#response.socket?.setNoDelay(true);
    this.#response.writeHead(200, { 'Content-Type': CONTENT_TYPE, 'Cache-Control': 'no-cache' });
    this.#response.flushHeaders();
    if (this.#quiet) return;
    await this.#image(atMs);
  }

  /** What is due: the end, in-band errors, news, or a heartbeat. */
  async pump(atMs: number, serviceMs: number): Promise<void> {
    if (this.ended || this.#finishWhenDue(serviceMs)) return;
    if (!this.#quiet) {
      if (!this.#opened) await this.#image(atMs);
      else if (this.#waiting < CONFLATE_BYTES) this.#send(await this.#source.step(atMs), atMs, serviceMs);
    }
    if (!this.ended && serviceMs - this.#lastMs >= (this.#options.heartbeatMs ?? HEARTBEAT_MS))
      this.#beat(atMs, serviceMs);
  }

  /** Resolves when little waits for the client; one that does not read within the time allowed is not waited for again. */
  async drained(): Promise<void> {
    if (this.#slow || this.ended || this.#waiting < DRAINED_BYTES) return;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), DRAIN_MS);
    try {
      await once(this.#response, 'drain', { signal: patience.signal });
    } catch {
      this.#slow = true;
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    if (this.ended) return;
    this.#ended = true;
    this.#response.end();
  }

  /** Without a word: what a crashed upstream looks like. */
  reset(): void {
    if (this.ended) return;
    this.#ended = true;
    this.#response.socket?.resetAndDestroy();
  }

  /** No data at all, for one reason or another. */
  get #quiet(): boolean {
    const { heartbeatOnly, silent, openThenClose } = this.#faults;
    return this.#options.capped || Boolean(heartbeatOnly || silent || openThenClose !== undefined);
  }

  async #image(atMs: number): Promise<void> {
    this.#opened = true;
    this.#send(await this.#source.open(atMs), atMs, this.#lastMs);
  }

  #finishWhenDue(serviceMs: number): boolean {
    const { openThenClose, closeAfterMs, slowConsumer = MOST_WAITING_BYTES, closeWith = 'rst' } = this.#faults;
    const sinceMs = serviceMs - this.#faultsMs;
    if (this.#options.capped && serviceMs - this.#options.openedMs >= CAPPED_MS) this.end();
    else if (openThenClose !== undefined && sinceMs >= (openThenClose === true ? OPEN_THEN_CLOSE_MS : openThenClose))
      this.end();
    else if (closeAfterMs !== undefined && sinceMs >= closeAfterMs) this.#cut(closeWith);
    else if (this.#waiting > slowConsumer) this.reset();
    else this.#endInBand();
    return this.ended;
  }

  /** Errors that arrive in the stream; all of them end it. */
  #endInBand(): void {
    const { goAway, dualLogon, badRequest, internalError } = this.#faults;
    const error = (name: string, message: string | undefined) => ({
      Error: name,
      ...(message && { Message: message }),
    });
    const texts = [
      goAway && (goAway === 'status' ? { StreamStatus: 'GoAway' } : error('GoAway', 'The server is shutting down.')),
      dualLogon &&
        (dualLogon === 'symbol'
          ? { Symbol: this.#firstSymbol, Error: 'DualLogon' }
          : error('DualLogon', 'Data is consumed elsewhere.')),
      badRequest && error('BadRequest', badRequest === 'message' ? 'The request is not valid.' : undefined),
      internalError && error('InternalServerError', internalError === 'message' ? 'Something failed.' : undefined),
    ].flatMap((value) => (value ? [JSON.stringify(value)] : []));
    if (texts.length === 0) return;
    this.#write(`${texts.join('\n')}\n`);
    this.end();
  }

  get #firstSymbol(): string {
    return decodeURIComponent(this.path.split('/').at(-1) ?? '').split(',')[0] ?? '';
  }

  #send(messages: readonly string[], atMs: number, serviceMs: number): void {
    const {
      closeAfterN,
      closeWith = 'rst',
      noNewline,
      garbageLine,
      blankLines,
      hugeObject,
      stallAfterBytes,
    } = this.#faults;
    if (messages.length === 0 || this.ended) return;
    const left = closeAfterN === undefined ? messages.length : Math.max(0, closeAfterN - this.#messages);
    const own = messages.slice(0, left);
    const separator = noNewline ? '' : '\n';
    let text = own.map((message) => `${message}${separator}${blankLines ? '\r\n\n' : ''}`).join('');
    if (garbageLine) text += `${separator}ERROR - <not json> ${atMs}\n`;
    if (hugeObject !== undefined) text += `{"Symbol":"HUGE","Filler":"${'x'.repeat(hugeObject)}"}${separator}`;
    if (stallAfterBytes !== undefined) text = text.slice(0, Math.max(0, stallAfterBytes - this.#bytes));
    this.#messages += own.length;
    this.#lastMs = serviceMs;
    if (text !== '') this.#write(text);
    if (left < messages.length) this.#cut(closeWith, messages[left]);
  }

  #beat(atMs: number, serviceMs: number): void {
    this.#lastMs = serviceMs;
    if (this.#faults.silent || this.#options.capped || this.#faults.openThenClose !== undefined) return;
    if (this.#faults.stallAfterBytes !== undefined) return;
    this.#heartbeats += 1;
    const skewMs = this.#faults.clockSkewMs ?? 0;
    this.#write(`{"Heartbeat":${this.#heartbeats},"Timestamp":"${stamp(atMs + skewMs)}"}\n`);
  }

  /** Ends in the middle of an object. */
  #cut(how: 'fin' | 'rst', message = '{"Symbol":"CUT","Last":"1.25"}'): void {
    const half = message.slice(0, Math.ceil(message.length / 2));
    if (how === 'fin') {
      this.#write(half);
      this.#ended = true;
      // Not the end of a chunked body: the socket goes away under it.
      this.#response.socket?.end();
      return;
    }
    this.#response.write(half, () => this.#response.socket?.resetAndDestroy());
    this.#ended = true;
  }

  /** Writes in pieces that end at arbitrary bytes, inside numbers and UTF-8 sequences too. */
  #write(text: string): void {
    const bytes = Buffer.from(text);
    this.#bytes += bytes.length;
    const cut = this.#options.scatter ? mix(this.id, this.#bytes, bytes.length) % bytes.length : 0;
    if (cut > 0) this.#response.write(bytes.subarray(0, cut));
    this.#response.write(bytes.subarray(cut));
  }
}
