import { type MailServer, sendMail } from '../../io/mail.js';
import type { Channel } from './channel.js';

export interface EmailOptions {
  readonly server: MailServer;
  readonly from: string;
  readonly to: readonly string[];
}

/** One plain-text mail to all recipients. */
export function emailChannel({ server, from, to }: EmailOptions): Channel {
  return {
    name: 'email',
    to: to.join(', '),
    send: ({ title, lines }, limits) =>
      sendMail({ from, to, subject: title, text: `${lines.join('\n')}\n` }, server, limits),
  };
}
