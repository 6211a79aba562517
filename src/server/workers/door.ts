import { createServer, type Server, type Socket } from 'node:net';
import { type Address, addressError, bound } from '../address.js';
import { answerClientError } from '../refuse.js';
import { isWholeHead, MAX_HEAD_BYTES } from './head.js';

/** As long as a worker waits for a request. */
const HEAD_TIMEOUT_MS = 30_000;

interface DoorRules extends Address {
  /** Connections at once, those handed on included. */
  readonly maxConnections?: number;
}

interface Behind {
  /** Connections handed on and still open. */
  connections(): number;
  /** Takes over a paused connection and the bytes read from it. */
  take(socket: Socket, bytes: Buffer): void;
}

/** The public address: it reads the head of each connection's first request and hands the connection on. */
export class Door {
  readonly #server: Server;
  readonly #waiting = new Set<Socket>();
  readonly #behind: Behind;
  readonly #maxConnections: number;

  constructor({ maxConnections = Number.POSITIVE_INFINITY }: DoorRules, behind: Behind) {
    this.#behind = behind;
    this.#maxConnections = maxConnections;
    // One byte fills the buffer: after each chunk Node stops reading, so nothing is read that is not handed on.
    const options = { pauseOnConnect: true, highWaterMark: 1, noDelay: true, allowHalfOpen: true };
    this.#server = createServer(options, (socket) => this.#receive(socket));
  }

  /** Resolves with the real port. Throws `usage` where the address cannot be listened on. */
  async open(address: Address): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(addressError(error, address)));
      this.#server.listen(bound(address), resolve);
    });
    const real = this.#server.address();
    return typeof real === 'object' && real !== null ? real.port : address.port;
  }

  /** Lets nobody in any more; connections handed on are not touched. */
  close(): void {
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
  }

  #receive(socket: Socket): void {
    if (this.#waiting.size + this.#behind.connections() >= this.#maxConnections) return void socket.destroy();
    this.#waiting.add(socket);
    let bytes = Buffer.alloc(0);
    const readOn = socket._read;
    const leave = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(socket);
      socket.off('readable', read);
    };
    const read = (): void => {
      const chunk = takeChunk(socket);
      if (chunk === null) return; // the end: 'close' follows
      bytes = Buffer.concat([bytes, chunk]);
      if (!isWholeHead(bytes)) return void readOn.call(socket, MAX_HEAD_BYTES);
      leave();
      this.#behind.take(socket, bytes);
    };
    const timer = setTimeout(() => {
      leave();
      answerClientError(Object.assign(new Error('no head'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    }, HEAD_TIMEOUT_MS);
    socket.on('error', () => socket.destroy());
    socket.on('close', leave);
    socket.on('end', () => this.#waiting.has(socket) && socket.end());
    socket.on('readable', read);
    socket.read(0);
  }
}

/**
 * The bytes that have been read, and no more: taking a chunk would start the next read, and bytes that arrive while the
 * connection goes over to another process would be lost.
 */
function takeChunk(socket: Socket): Buffer | null {
  socket._read = () => {};
  return socket.read();
}
