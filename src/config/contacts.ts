import type { ValueType } from './option.js';

/** An e-mail address; the server has the last word on whether it exists. */
export const emailAddress: ValueType<string> = {
  placeholder: 'ADDRESS',
  accepts: 'an e-mail address such as ada@example.org',
  parse: (text) => (/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(text) ? text : undefined),
  format: String,
};

/** A topic as ntfy names them. */
export const ntfyTopic: ValueType<string> = {
  placeholder: 'TOPIC',
  accepts: 'up to 64 letters, digits, - and _',
  parse: (text) => (/^[-_A-Za-z0-9]{1,64}$/.test(text) ? text : undefined),
  format: String,
};

/** What turns the address of a good ping into that of a failed one. */
export const pingSuffix: ValueType<string> = {
  placeholder: 'SUFFIX',
  accepts: 'a path such as /fail, a query such as ?status=down, or none',
  parse: (text) => (text === 'none' || /^[/?][^\s#]+$/.test(text) ? text : undefined),
  format: String,
};
