import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from '../sockets/target.js';
import { REPLACED, SECRET_HEADER, type Way } from './forward.js';

/** A connection that asks to be upgraded, and what it has sent since. */
interface Upgrading {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Lets another worker take an upgrade: from here on this one passes bytes. */
export function tunnel(request: IncomingMessage, { socket, head }: Upgrading, { socketPath, secret }: Way): void {
  const onward = connect(socketPath);
  let open = false;
  onward.once('connect', () => {
    open = true;
    const { method, url, rawHeaders } = request;
    const lines = [`${method} ${url} HTTP/1.1`, `${SECRET_HEADER}: ${secret}`];
    for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    onward.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    onward.write(head);
    onward.pipe(socket).pipe(onward);
  });
  onward.on('error', () => {
    if (open) socket.destroy();
    else refuseUpgrade(socket, 503, REPLACED);
  });
  onward.on('close', () => open && socket.destroy());
  socket.on('close', () => onward.destroy());
}
