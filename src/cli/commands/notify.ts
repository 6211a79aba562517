import { hostname } from 'node:os';
import { GexError } from '../../errors.js';
import { messageDocument } from '../../jobs/channels/webhook.js';
import { type ChannelResult, channelsOf, notify } from '../../jobs/notify.js';
import { testMessage } from '../../jobs/notify-message.js';
import type { CommandCall } from '../command.js';
import { notifyOptions } from '../notify-settings.js';

/** Sends a test message on every configured channel and prints what became of it. */
export async function run({ args: [action], settings, ctx, out }: CommandCall): Promise<void> {
  if (action !== 'test') throw new GexError('usage', `found action ${JSON.stringify(action)}; give test`);
  const options = notifyOptions(settings);
  if (channelsOf(options).length === 0) {
    throw new GexError(
      'usage',
      'no channel is configured; set NTFY_ENABLED=true with NTFY_TOPIC, NOTIFY_WEBHOOK_URL, or NOTIFY_EMAIL_TO with SMTP_HOST',
    );
  }
  const message = testMessage(hostname(), ctx.clock.now());
  const quiet = { ...ctx.log, warn: ctx.log.debug }; // the table says it
  const channels = await notify(message, options, { ...ctx, log: quiet });
  ctx.signal.throwIfAborted();
  if (out.json) await out.object({ ...messageDocument(message), channels });
  else {
    const rows = channels.map(({ channel, to, error }) => [channel, to, error ?? 'sent']);
    await out.table({ head: ['channel', 'to', 'result'], rows });
  }
  const failed = channels.filter(({ ok }) => !ok);
  if (failed.length > 0) throw failure(failed, channels.length);
}

function failure(failed: readonly ChannelResult[], total: number): GexError {
  const names = failed.map(({ channel }) => channel).join(' and ');
  return new GexError('upstream', `${failed.length} of ${total} channels did not take the message: ${names}`);
}
