import type { Ctx } from '../io/ctx.js';
import { deliver } from '../io/deliver.js';
import { masker } from '../io/mask.js';
import type { Channel } from './channels/channel.js';
import { type EmailOptions, emailChannel } from './channels/email.js';
import { type NtfyOptions, ntfyChannel } from './channels/ntfy.js';
import { type WebhookOptions, webhookChannel } from './channels/webhook.js';
import { type NotifyMessage, type RunOutcome, runMessage } from './notify-message.js';

/** A monitor that raises the alarm when pings stop coming, such as healthchecks.io. */
export interface DeadManOptions {
  /** Asked for after a good run. */
  readonly url: string;
  /** What makes it the address for a failed run: `/fail` goes to its path, `?status=down` to its query; absent: no ping. */
  readonly failSuffix?: string;
}

/** Where messages go; a channel that is absent is off. */
export interface NotifyOptions {
  /** `failure`: no message about a run that went well after one that went well. */
  readonly on: 'failure' | 'always';
  readonly ntfy?: NtfyOptions;
  readonly webhook?: WebhookOptions;
  readonly email?: EmailOptions;
  readonly deadMan?: DeadManOptions;
  /** Values that no message and no log line may hold. */
  readonly secrets: readonly string[];
  /** For one attempt on one channel. Default 30 s. */
  readonly timeoutMs?: number;
  /** Before the second of three attempts. Default 1 s. */
  readonly retryWaitMs?: number;
}

/** What became of a message on one channel. */
export interface ChannelResult {
  readonly channel: string;
  readonly to: string;
  readonly ok: boolean;
  /** One sentence, without secrets. */
  readonly error?: string;
}

/** The configured channels. */
export function channelsOf({ ntfy, webhook, email }: NotifyOptions): Channel[] {
  return [ntfy && ntfyChannel(ntfy), webhook && webhookChannel(webhook), email && emailChannel(email)].filter(
    (channel) => channel !== undefined,
  );
}

/**
 * Sends a message on every configured channel at once; no channel waits for another. Never throws: a channel that fails
 * is a warning and a result. Empty when nothing is configured or the message is not asked for.
 */
export async function notify(message: NotifyMessage, options: NotifyOptions, ctx: Ctx): Promise<ChannelResult[]> {
  if (message.event === 'success' && options.on === 'failure') return [];
  const mask = masker(options.secrets);
  const masked = { ...message, title: mask(message.title), lines: message.lines.map(mask) };
  return Promise.all(channelsOf(options).map((channel) => sendOn(channel, masked, options, ctx)));
}

/** The message of a finished run on every channel, and the dead-man ping. Never throws. */
export async function notifyRun(run: RunOutcome, options: NotifyOptions, ctx: Ctx): Promise<ChannelResult[]> {
  const message = runMessage(run);
  const [results] = await Promise.all([
    notify(message, options, ctx),
    pingDeadMan(message.event !== 'failure', options, ctx),
  ]);
  return results;
}

/** Tells the dead-man monitor how a run went. Resolves to whether it heard; never throws. */
export async function pingDeadMan(ok: boolean, options: NotifyOptions, ctx: Ctx): Promise<boolean> {
  const { deadMan } = options;
  if (deadMan === undefined || (!ok && deadMan.failSuffix === undefined)) return false;
  const url = ok ? deadMan.url : withSuffix(deadMan.url, deadMan.failSuffix ?? '');
  try {
    await deliver({ method: 'GET', url, ...limitsOf(options, ctx) });
    return true;
  } catch (error) {
    ctx.log.warn(`the dead-man monitor was not reached: ${sentence(error, options)}`);
    return false;
  }
}

async function sendOn(
  channel: Channel,
  message: NotifyMessage,
  options: NotifyOptions,
  ctx: Ctx,
): Promise<ChannelResult> {
  const { name, to } = channel;
  try {
    await channel.send(message, limitsOf(options, ctx));
    ctx.log.debug('message sent', { channel: name, event: message.event });
    return { channel: name, to, ok: true };
  } catch (error) {
    const said = sentence(error, options);
    ctx.log.warn(`no message by ${name}: ${said}`);
    return { channel: name, to, ok: false, error: said };
  }
}

function limitsOf({ timeoutMs, retryWaitMs }: NotifyOptions, { signal }: Ctx) {
  return {
    signal,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retryWaitMs !== undefined && { retryWaitMs }),
  };
}

function sentence(error: unknown, { secrets }: NotifyOptions): string {
  return masker(secrets)(error instanceof Error ? error.message : String(error));
}

function withSuffix(address: string, suffix: string): string {
  const url = new URL(address);
  if (suffix.startsWith('?'))
    for (const [name, value] of new URLSearchParams(suffix)) url.searchParams.set(name, value);
  else url.pathname = `${url.pathname.replace(/\/+$/, '')}/${suffix.replace(/^\/+/, '')}`;
  return url.href;
}
