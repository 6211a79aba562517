import { deliver, originOf } from '../../io/deliver.js';
import type { NotifyMessage } from '../notify-message.js';
import type { Channel } from './channel.js';

export interface WebhookOptions {
  /** Whoever knows it can post: a secret. */
  readonly url: string;
}

/** Discord refuses longer ones. */
const CONTENT_CHARACTERS = 2000;

/** A POST of JSON to any address; Slack and what follows it read `text`, Discord reads `content`. */
export function webhookChannel({ url }: WebhookOptions): Channel {
  return {
    name: 'webhook',
    to: originOf(url),
    send: (message, limits) =>
      deliver({
        ...limits,
        method: 'POST',
        url,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(messageDocument(message)),
      }),
  };
}

/** A message as JSON, schema `gex-notify/1`. */
export function messageDocument({
  event,
  title,
  lines,
  dates,
  report,
}: NotifyMessage): Readonly<Record<string, unknown>> {
  const text = [title, ...lines].join('\n');
  return {
    schema: 'gex-notify/1',
    event,
    title,
    text,
    content: text.slice(0, CONTENT_CHARACTERS),
    lines,
    dates,
    report,
  };
}
