import { GexError } from '../errors.js';
import type { DeliveryLimits } from './deliver.js';

/** `tls`: from the first byte; `starttls`: upgraded before anything is said, refused where that fails; `none`: in clear. */
export type MailSecurity = 'tls' | 'starttls' | 'none';

/** The SMTP server that takes the mail. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: MailSecurity;
  /** Absent: no login. */
  readonly login?: { readonly user: string; readonly password: string };
}

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

const RETRIES = 2;
const TIMEOUT_MS = 30_000;

/**
 * Hands a plain-text mail to an SMTP server (RFC 5321), with two further attempts after lost connections. Throws `auth`
 * when the login is refused, `upstream` when the server is unreachable or refuses the mail, or the signal's reason.
 */
export async function sendMail(mail: Mail, server: MailServer, limits: DeliveryLimits = {}): Promise<void> {
  const { default: pRetry } = await import('p-retry');
  const { signal, retryWaitMs = 1000 } = limits;
  signal?.throwIfAborted();
  let again = true;
  const attempt = async (): Promise<void> => {
    try {
      await sendOnce(mail, server, limits);
    } catch (error) {
      signal?.throwIfAborted();
      again = isLostConnection(error);
      throw mailError(error, server);
    }
  };
  await pRetry(attempt, {
    retries: RETRIES,
    minTimeout: retryWaitMs,
    ...(signal === undefined ? {} : { signal }),
    shouldRetry: () => again,
  });
}

async function sendOnce(mail: Mail, server: MailServer, { signal, timeoutMs }: DeliveryLimits): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const limit = timeoutMs ?? TIMEOUT_MS;
  const { login, security } = server;
  const transport = createTransport({
    host: server.host,
    port: server.port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(login !== undefined && { auth: { user: login.user, pass: login.password } }),
    ...{ connectionTimeout: limit, greetingTimeout: limit, socketTimeout: limit, dnsTimeout: limit },
    // A message is text of our own: nothing in it may make the library read files or fetch addresses.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const { from, to, subject, text } = mail;
  const { rejected } = await transport.sendMail({
    ...{ from, to: [...to], subject, text },
    ...(signal !== undefined && { signal }),
  });
  if (rejected.length === 0) return;
  throw new GexError('upstream', `${placeOf(server)}: refused the recipients ${rejected.join(', ')}; check them`);
}

interface SmtpFault {
  readonly code?: string;
  /** SMTP status of the refusal, where the server gave one. */
  readonly responseCode?: number;
}

function isLostConnection(error: unknown): boolean {
  const { code = '', responseCode } = error as SmtpFault;
  return responseCode === undefined && ['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS'].includes(code);
}

function mailError(error: unknown, server: MailServer): GexError {
  if (error instanceof GexError) return error;
  const { code, responseCode } = error as SmtpFault;
  const said = error instanceof Error ? error.message.replace(/\s+/g, ' ').trim() : String(error);
  const refusedLogin = code === 'EAUTH' || code === 'ENOAUTH';
  const [kind, advice] = refusedLogin
    ? (['auth', 'check user and password'] as const)
    : (['upstream', responseCode === undefined ? 'check host, port and security' : 'check the addresses'] as const);
  return new GexError(kind, `${placeOf(server)}: ${said}; ${advice}`, { cause: error });
}

function placeOf({ host, port }: MailServer): string {
  return `smtp://${host}:${port}`;
}
