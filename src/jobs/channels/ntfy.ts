import { deliver } from '../../io/deliver.js';
import type { NotifyMessage } from '../notify-message.js';
import type { Channel } from './channel.js';

export interface NtfyOptions {
  /** Without its trailing slash. */
  readonly server: string;
  readonly topic: string;
  readonly priority: string;
  /** Separated by commas. */
  readonly tags: string;
  readonly token?: string;
}

/** Tag (which ntfy shows as an emoji) and priority that an event adds or forces (contract section 4.10). */
const EVENTS: Readonly<Record<NotifyMessage['event'], { readonly tag?: string; readonly priority?: string }>> = {
  success: { tag: 'white_check_mark' },
  recovered: { tag: 'white_check_mark' },
  failure: { tag: 'x', priority: 'high' },
  test: {},
};

/** Longest an RFC 2047 word may be is 75 characters; 42 bytes are 56 in base64. */
const WORD_BYTES = 42;

/** ntfy.sh or a server of one's own: https://docs.ntfy.sh/publish/. */
export function ntfyChannel({ server, topic, priority, tags, token }: NtfyOptions): Channel {
  const url = `${server}/${topic}`;
  return {
    name: 'ntfy',
    to: url,
    send: ({ event, title, lines }, limits) =>
      deliver({
        ...limits,
        method: 'POST',
        url,
        headers: {
          Title: headerText(title),
          Priority: EVENTS[event].priority ?? priority,
          Tags: headerText([tags, EVENTS[event].tag].filter(Boolean).join(',')),
          'Content-Type': 'text/plain; charset=utf-8',
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        },
        body: lines.join('\n'),
      }),
  };
}

/** ASCII as it is; anything else as RFC 2047 words, which ntfy decodes. Control characters become blanks. */
function headerText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a header
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  if (/^[\x20-\x7e]*$/.test(line)) return line;
  const words: string[] = [''];
  for (const character of line) {
    const word = `${words.at(-1)}${character}`;
    if (Buffer.byteLength(word) > WORD_BYTES) words.push(character);
    else words[words.length - 1] = word;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ');
}
