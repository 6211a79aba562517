import { OPTIONS, type OptionKey, type OptionTable, type Settings } from '../config/table.js';
import { GexError } from '../errors.js';
import type { MailServer } from '../io/mail.js';
import type { EmailOptions } from '../jobs/channels/email.js';
import type { NtfyOptions } from '../jobs/channels/ntfy.js';
import type { NotifyOptions } from '../jobs/notify.js';

const TABLE: OptionTable = OPTIONS;

const PORTS = { starttls: 587, tls: 465, none: 25 } as const;

/** Where messages go, from the settings. Throws `usage` that lists every option that is missing for what is switched on. */
export function notifyOptions(settings: Settings): NotifyOptions {
  const faults = missingOptions(settings);
  if (faults.length === 1) throw new GexError('usage', faults[0] ?? '');
  if (faults.length > 1) throw new GexError('usage', 'messages cannot be sent:', { details: faults });
  const { webhookUrl, deadManUrl, deadManFail } = settings;
  const ntfy = ntfyOptions(settings);
  const email = emailOptions(settings);
  return {
    on: settings.notifyOn,
    ...(ntfy !== undefined && { ntfy }),
    ...(webhookUrl !== undefined && { webhook: { url: webhookUrl } }),
    ...(email !== undefined && { email }),
    ...(deadManUrl !== undefined && {
      deadMan: { url: deadManUrl, ...(deadManFail !== 'none' && { failSuffix: deadManFail }) },
    }),
    secrets: [...secretsOf(settings), ...[webhookUrl, deadManUrl].flatMap(tokensOf)],
  };
}

function missingOptions({ ntfyEnabled, ntfyTopic, emailTo, smtpHost, smtpUser, smtpPassword }: Settings): string[] {
  return [
    ...(ntfyEnabled && ntfyTopic === undefined ? ['NTFY_ENABLED is true without NTFY_TOPIC; name the topic'] : []),
    ...(emailTo !== undefined && smtpHost === undefined
      ? ['NOTIFY_EMAIL_TO is set without SMTP_HOST; name the mail server']
      : []),
    ...(smtpUser !== undefined && smtpPassword === undefined
      ? ['SMTP_USER is set without SMTP_PASSWORD; give both or neither']
      : []),
  ];
}

function ntfyOptions(settings: Settings): NtfyOptions | undefined {
  const { ntfyEnabled, ntfyServer, ntfyTopic, ntfyPriority, ntfyTags, ntfyToken } = settings;
  if (!ntfyEnabled || ntfyTopic === undefined) return undefined;
  const token = ntfyToken !== undefined && { token: ntfyToken };
  return { server: ntfyServer, topic: ntfyTopic, priority: ntfyPriority, tags: ntfyTags, ...token };
}

function emailOptions(settings: Settings): EmailOptions | undefined {
  const { emailTo, smtpHost, smtpPort, smtpSecure, smtpUser, smtpPassword, smtpFrom } = settings;
  const [first] = emailTo ?? [];
  if (emailTo === undefined || first === undefined || smtpHost === undefined) return undefined;
  const server: MailServer = {
    host: smtpHost,
    port: smtpPort ?? PORTS[smtpSecure],
    security: smtpSecure,
    ...(smtpUser !== undefined && smtpPassword !== undefined && { login: { user: smtpUser, password: smtpPassword } }),
  };
  return { server, from: smtpFrom ?? (smtpUser?.includes('@') ? smtpUser : first), to: emailTo };
}

function secretsOf(settings: Settings): string[] {
  return (Object.keys(OPTIONS) as OptionKey[]).flatMap((key) => {
    const row = TABLE[key];
    const value = settings[key];
    return row?.secret && value !== undefined ? [row.type.format(value)] : [];
  });
}

/** The parts of an address that look like tokens: a server may repeat one in its answer. */
function tokensOf(address: string | undefined): string[] {
  if (address === undefined) return [];
  const { pathname, searchParams } = new URL(address);
  return [...pathname.split('/'), ...searchParams.values()].filter((part) => /\d/.test(part) && part.length >= 6);
}
