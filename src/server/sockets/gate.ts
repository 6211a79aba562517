import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { codecNamed } from '../../wire/codecs.js';
import { type Codec, MAX_CLIENT_FRAME } from '../../wire/pubsub.js';
import { allowsOrigin, type OriginRules } from '../admin.js';
import type { Peers } from '../peers.js';
import type { Soon } from '../positions.js';
import { refuseUpgrade, type Target, targetOf } from './target.js';
import type { TokenClaims } from './tokens.js';

export interface GateRules extends OriginRules {
  readonly trustProxy: boolean;
  readonly maxClients: number;
  /** Absent where this process is the whole server. */
  readonly peers?: Peers;
}

/** Somebody who may come in. */
export interface Entry {
  readonly target: Target;
  readonly claims: TokenClaims;
  readonly codec: Codec;
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** What the gate asks of whom it guards. */
interface Guarded {
  /** The API key a token was made for; undefined for anything that is no token of this server. */
  ownerOf(target: Target): string | undefined;
  /** The claims of a token that opens this hub now, or why it does not. */
  claimsFor(target: Target): TokenClaims | Refusal;
  enter(socket: WebSocket, entry: Entry): void;
}

/** Without a subprotocol a client gets the one people can read. */
const DEFAULT_SUBPROTOCOL = 'json.webpubsub.azure.v1';

/** Takes the WebSocket upgrades of an HTTP server: refuses before the handshake, so that a refusal is an HTTP answer. */
export class Gate {
  readonly clients: ReadonlySet<WebSocket>;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_CLIENT_FRAME,
    handleProtocols: (offered) => [...offered].find(codecNamed) ?? false,
  });
  readonly #rules: GateRules;
  readonly #guarded: Guarded;
  #closed = false;

  constructor(server: Server, rules: GateRules, guarded: Guarded) {
    this.#rules = rules;
    this.#guarded = guarded;
    this.clients = this.#sockets.clients;
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const target = targetOf(request);
      if (target === undefined || request.headers.upgrade?.toLowerCase() !== 'websocket') {
        return answerPlainly(server, request, socket);
      }
      const { peers } = rules;
      if (peers?.trusts(request) === false) return refuseUpgrade(socket, 403, 'This address is not for clients.');
      const owner = peers && guarded.ownerOf(target);
      if (owner !== undefined && peers?.isHome(owner) === false) return peers.tunnel(owner, request, socket, head);
      const entry = this.#admit(request, target);
      if ('status' in entry) return refuseUpgrade(socket, entry.status, entry.message);
      const enter = (seated: boolean): void => {
        if (!seated) return void refuseUpgrade(socket, 503, this.#full);
        this.#sockets.handleUpgrade(request, socket, head, (open) => guarded.enter(open, entry));
      };
      const seated = takeSeat(peers, socket);
      if (seated instanceof Promise) seated.then(enter, () => socket.destroy());
      else enter(seated);
    });
  }

  get #full(): string {
    return `The server has ${this.#rules.maxClients} WebSocket clients, its limit.`;
  }

  /** Refuses everybody from now on. */
  close(): void {
    this.#closed = true;
  }

  #admit(request: IncomingMessage, target: Target): Entry | Refusal {
    const { origin } = request.headers;
    if (origin !== undefined && !allowsOrigin(origin, hostOf(request, this.#rules.trustProxy), this.#rules)) {
      return { status: 403, message: `Origin ${origin} may not connect to this server.` };
    }
    if (this.#closed) return { status: 503, message: 'The server is stopping.' };
    if (this.clients.size >= this.#rules.maxClients) return { status: 503, message: this.#full };
    const offered = offeredSubprotocols(request);
    const codec = offered.map(codecNamed).find((found) => found !== undefined);
    if (codec === undefined)
      return { status: 400, message: `None of the subprotocols ${offered.join(', ')} is known.` };
    const claims = this.#guarded.claimsFor(target);
    return 'status' in claims ? claims : { target, claims, codec };
  }
}

/** A seat among those of all processes, left when the socket closes; alone, a process counts its own clients. */
function takeSeat(peers: Peers | undefined, socket: Duplex): Soon<boolean> {
  if (peers === undefined) return true;
  const keep = (seated: boolean): boolean => {
    if (seated && socket.destroyed) peers.leaveSeat();
    else if (seated) socket.once('close', () => peers.leaveSeat());
    return seated;
  };
  const seated = peers.takeSeat();
  return seated instanceof Promise ? seated.then(keep) : keep(seated);
}

/** As fastify reads it for the other routes: the last entry is that of the nearest proxy. */
function hostOf({ headers }: IncomingMessage, trustProxy: boolean): string | undefined {
  const forwarded = trustProxy ? headers['x-forwarded-host'] : undefined;
  return forwarded?.toString().split(',').at(-1)?.trim() || headers.host;
}

function offeredSubprotocols({ headers }: IncomingMessage): readonly string[] {
  const offered = headers['sec-websocket-protocol'] ?? DEFAULT_SUBPROTOCOL;
  return offered.split(',').map((name) => name.trim());
}

/** An offer to upgrade to what is not served here, such as curl's h2c, is ignored, as without WebSockets. */
function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex): void {
  if (request.method !== 'GET') return void refuseUpgrade(socket, 400, 'Only a GET can be upgraded.');
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.on('finish', () => socket.end());
  server.emit('request', request, response);
}
