import type { Exchange } from './exchange.js';
import type { Switches } from './faults.js';
import type { ResourceName } from './limits.js';
import type { Params } from './params.js';

/** What a handler gets of a request that passed authorization and limits. */
export interface ApiCall {
  readonly exchange: Exchange;
  /** Decoded path segments that the route captured. */
  readonly path: readonly string[];
  readonly params: Params;
  readonly query: URLSearchParams;
  readonly body: string;
  /** Market instant, epoch ms. */
  readonly atMs: number;
  readonly faults: Switches;
  readonly settings: ApiSettings;
}

export interface ApiSettings {
  /** Most symbols of one quote request or stream. */
  readonly maxSymbols: number;
  /** Zero deltas and lower-cased symbols, as production sends them now and then. */
  readonly quirks: boolean;
}

/** One stream's messages: JSON texts without newline. */
export interface StreamSource {
  /** The first image. */
  open(atMs: number): readonly string[] | Promise<readonly string[]>;
  /** What is new at a later instant. */
  step(atMs: number): readonly string[] | Promise<readonly string[]>;
}

interface RouteRow {
  readonly method: 'GET' | 'POST';
  /** Groups are the path segments that vary. */
  readonly pattern: RegExp;
  readonly resource: ResourceName;
  /** Scopes the token needs besides `MarketData`. */
  readonly scope?: 'OptionSpreads' | 'Matrix';
}

/** Answers once with a value (JSON) or a text that is JSON already, given as `{json}`. */
export interface AnswerRoute extends RouteRow {
  readonly answer: (call: ApiCall) => unknown;
}

export interface StreamRoute extends RouteRow {
  readonly stream: (call: ApiCall) => StreamSource;
}

/** A body that is JSON text already. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
