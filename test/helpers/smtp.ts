import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly login?: string;
  /** Headers and body as they came. */
  readonly data: string;
}

interface SmtpOptions {
  /** `user:password` that AUTH PLAIN must give; absent: no AUTH. */
  readonly login?: string;
  /** Recipients answered 550. */
  readonly unknown?: readonly string[];
  /** Accepts connections and says nothing. */
  readonly silent?: boolean;
  /** Encryption from the first byte, or after STARTTLS. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly mode: 'tls' | 'starttls' };
  /** Closes this many connections before it greets one. */
  readonly dropFirst?: number;
}

export interface SmtpServer {
  readonly port: number;
  readonly mails: ReceivedMail[];
  readonly connections: () => number;
}

/** A mail server on 127.0.0.1 that speaks as much of RFC 5321 and AUTH PLAIN as a client needs; with STARTTLS or TLS where keys are given. */
export async function startSmtp(options: SmtpOptions = {}): Promise<SmtpServer> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const onConnection = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    connections += 1;
    if (connections <= (options.dropFirst ?? 0)) socket.destroy();
    else if (!options.silent) void converse(socket, options, mails);
  };
  const server = options.tls?.mode === 'tls' ? createTlsServer(options.tls, onConnection) : createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, mails, connections: () => connections };
}

async function converse(
  socket: Socket,
  { login, unknown = [], tls }: SmtpOptions,
  mails: ReceivedMail[],
  upgraded = false,
): Promise<void> {
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  let mail = { from: '', to: [] as string[], login: undefined as string | undefined };
  let data: string[] | undefined;
  const offers = [...(tls?.mode === 'starttls' && !upgraded ? ['STARTTLS'] : []), ...(login ? ['AUTH PLAIN'] : [])];
  if (!upgraded) say('220 test ESMTP');
  for await (const line of createInterface({ input: socket })) {
    if (data !== undefined) {
      if (line !== '.') data.push(line);
      else {
        const { login: user, ...rest } = mail;
        mails.push({ ...rest, ...(user !== undefined && { login: user }), data: data.join('\n') });
        data = undefined;
        say('250 kept');
      }
      continue;
    }
    const verb = line.slice(0, 4).toUpperCase();
    const address = /<(.*?)>/.exec(line)?.[1] ?? '';
    if (verb === 'EHLO')
      say(['test', ...offers].map((word, i) => `250${i < offers.length ? '-' : ' '}${word}`).join('\r\n'));
    else if (verb === 'STAR' && tls) {
      say('220 go ahead');
      const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) });
      secure.on('error', () => {});
      return converse(secure, { login, unknown, tls } as SmtpOptions, mails, true);
    } else if (verb === 'AUTH') {
      const [, user = '', password = ''] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString()
        .split('\0');
      const known = `${user}:${password}` === login;
      if (known) mail.login = user;
      say(known ? '235 welcome' : `535 5.7.8 bad credentials ${password}`);
    } else if (verb === 'MAIL') {
      mail = { from: address, to: [], login: mail.login };
      say(login !== undefined && mail.login === undefined ? '530 log in first' : '250 ok');
    } else if (verb === 'RCPT') {
      if (unknown.includes(address)) say('550 no such user');
      else {
        mail.to.push(address);
        say('250 ok');
      }
    } else if (verb === 'DATA') {
      data = [];
      say('354 go on');
    } else if (verb === 'QUIT') {
      say('221 bye');
      socket.end();
    } else say('502 not known');
  }
}
