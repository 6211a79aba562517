import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Codec } from '../../wire/pubsub.js';
import { Backlog, type KeptFrames } from './backlog.js';
import type { Hazards } from './hazards.js';
import type { GroupMessage } from './message.js';
import type { Session } from './sessions.js';

/** Past either a receiver counts as one that does not read (contract section 5.14). */
const MAX_BUFFERED_BYTES = 5 * 1024 * 1024;
const MAX_QUEUED_MESSAGES = 256;

/** Ack ids remembered of a connection, to tell a repeated command from a new one. */
const MAX_ACK_IDS = 10_000;

export const CLOSE = { goingAway: 1001, policy: 1008 } as const;

/** What a close frame holds beside its code (RFC 6455 section 5.5). */
const MAX_REASON_BYTES = 123;

interface ConnectionIdentity {
  readonly apiKey: string;
  /** The hub's name in the URL: of either generation. */
  readonly hub: string;
  readonly codec: Codec;
  /** Set when the server joins the groups. */
  readonly session?: Session;
  readonly userId: string;
  /** What messages meet on their way. */
  readonly hazards: Hazards;
  /** Where frames are held until they are acknowledged. */
  readonly frames: KeptFrames;
}

/** How a connection lost its socket. */
export interface Closing {
  /** It will never have one again. */
  readonly final: boolean;
  /** The client did not keep up. */
  readonly fault: boolean;
  readonly reason: string;
}

/**
 * A client's connection: it outlives its socket where the subprotocol is reliable, with its groups and the messages the
 * client has not acknowledged.
 */
export class Connection {
  readonly id = randomBytes(12).toString('base64url');
  readonly apiKey: string;
  readonly hub: string;
  readonly codec: Codec;
  readonly session: Session | undefined;
  /** Names of the groups it is a member of; changed by `Audiences` only. */
  readonly groups = new Set<string>();
  /** False from one server ping until the client shows a sign of life. */
  alive = true;
  readonly #userId: string;
  readonly #hazards: Hazards;
  readonly #onClosed: (closing: Closing) => void;
  readonly #ackIds = new Set<number>();
  readonly #backlog: Backlog | undefined;
  readonly #reconnectionToken = randomBytes(18).toString('base64url');
  #socket: WebSocket | undefined;
  #queued = 0;
  #repeatedBytes = 0;
  #ended = false;

  constructor(identity: ConnectionIdentity, onClosed: (closing: Closing) => void) {
    this.apiKey = identity.apiKey;
    this.hub = identity.hub;
    this.codec = identity.codec;
    this.session = identity.session;
    this.#userId = identity.userId;
    this.#hazards = identity.hazards;
    this.#onClosed = onClosed;
    this.#backlog = identity.codec.reliable ? new Backlog(identity.frames) : undefined;
  }

  get attached(): boolean {
    return this.#socket !== undefined;
  }

  /** Whether a recovery with this token may take the connection over. */
  recoverableWith(token: string): boolean {
    return !this.#ended && this.#backlog !== undefined && token === this.#reconnectionToken;
  }

  /** Greets the client on its socket, in place of an earlier one, and repeats what it has not acknowledged. */
  attach(socket: WebSocket): void {
    const before = this.#socket;
    this.#socket = socket;
    this.#queued = 0;
    this.alive = true;
    before?.terminate();
    const { codec } = this;
    this.write(
      codec.connected({
        connectionId: this.id,
        userId: this.#userId,
        ...(codec.reliable && { reconnectionToken: this.#reconnectionToken }),
      }),
    );
    this.#repeat(socket);
  }

  /** The client asked for these itself: until they are written they do not count as unread. */
  #repeat(socket: WebSocket): void {
    const frames = this.#backlog?.frames ?? [];
    this.#repeatedBytes = frames.reduce((sum, { length }) => sum + length, 0);
    for (const frame of frames) {
      socket.send(frame, { binary: this.codec.binary }, () => {
        if (this.#socket === socket) this.#repeatedBytes -= frame.length;
      });
    }
  }

  /** The socket is gone; one that was `cut`, without a closing handshake, may be recovered. */
  detach(socket: WebSocket, cut: boolean): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const final = !cut || this.#backlog === undefined;
    if (final) this.#finish();
    this.#onClosed({ final, fault: false, reason: cut ? 'cut' : 'closed by the client' });
  }

  send(message: GroupMessage): void {
    if (this.#ended) return;
    if (this.#backlog === undefined) return void this.#hazards.send(message.frame(this.codec), this);
    const sequenceId = this.#backlog.nextId();
    const frame = message.frame(this.codec, sequenceId);
    if (!this.#backlog.keep(sequenceId, frame)) {
      return void this.#drop('too many messages without a sequenceAck');
    }
    this.#hazards.send(frame, this);
  }

  /** Breaks the socket without a word, as a network does. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** Every frame to the client leaves here. */
  write(frame: Uint8Array): void {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES + this.#repeatedBytes || this.#queued >= MAX_QUEUED_MESSAGES) {
      return void this.#drop('the client reads too slowly');
    }
    this.#queued += 1;
    socket.send(frame, { binary: this.codec.binary }, () => {
      if (this.#socket === socket) this.#queued -= 1;
    });
  }

  /** Whether this ack id is new on the connection; it is remembered. */
  isNewAck(ackId: number): boolean {
    if (this.#ackIds.has(ackId)) return false;
    this.#ackIds.add(ackId);
    if (this.#ackIds.size > MAX_ACK_IDS) {
      const [oldest] = this.#ackIds;
      if (oldest !== undefined) this.#ackIds.delete(oldest);
    }
    return true;
  }

  acknowledge(sequenceId: number): void {
    this.#backlog?.acknowledge(sequenceId);
  }

  /** A server ping, unless the last one went unanswered: then the socket is cut. */
  checkLife(): void {
    if (!this.alive) return void this.cut();
    this.alive = false;
    this.#socket?.ping();
  }

  /** Ends the connection for good; a client with an open socket is told why. */
  end(code: number, reason: string): void {
    this.#end(code, { final: true, fault: false, reason });
  }

  #drop(reason: string): void {
    this.#end(CLOSE.policy, { final: true, fault: true, reason });
  }

  #finish(): void {
    this.#ended = true;
    this.#backlog?.clear();
  }

  #end(code: number, closing: Closing): void {
    if (this.#ended) return;
    this.#finish();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket?.readyState === socket?.OPEN) {
      socket?.send(this.codec.disconnected(closing.reason), { binary: this.codec.binary });
      socket?.close(code, closing.reason.replace(/[^ -~]/g, '?').slice(0, MAX_REASON_BYTES));
    }
    this.#onClosed(closing);
  }
}
