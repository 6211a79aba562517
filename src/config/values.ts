import type { ValueType } from './option.js';

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function toNumber(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** A finite decimal within the closed range. */
export function decimal(placeholder: string, min: number, max: number): ValueType<number> {
  return {
    placeholder,
    accepts: `a number from ${min} to ${max}`,
    parse: (text) => {
      const value = toNumber(text);
      return value >= min && value <= max ? value : undefined;
    },
    format: String,
  };
}

/** A finite decimal within the closed range, or one of the given words. */
export function decimalOr<const W extends string>(
  words: readonly W[],
  placeholder: string,
  [min, max]: readonly [number, number],
): ValueType<number | W> {
  const number = decimal(placeholder, min, max);
  return {
    placeholder,
    accepts: `${words.join(', ')} or ${number.accepts}`,
    parse: (text) => words.find((word) => word === text.toLowerCase()) ?? number.parse(text),
    format: String,
    choices: words,
  };
}

/** A whole number within the closed range. */
export function whole(placeholder: string, min: number, max: number): ValueType<number> {
  return {
    placeholder,
    accepts: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    format: String,
  };
}

/** One word of a closed set. */
export function oneOf<const W extends string>(placeholder: string, choices: readonly W[]): ValueType<W> {
  return {
    placeholder,
    accepts: `one of ${choices.join(', ')}`,
    parse: (text) => choices.find((choice) => choice === text.toLowerCase()),
    format: String,
    choices,
  };
}

/** A switch that every layer can set, on or off. */
export const truth: ValueType<boolean> = {
  placeholder: 'true|false',
  accepts: 'true or false',
  parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
  format: String,
  choices: ['true', 'false'],
};

/** The first word of websocket group names: lower-case letters and digits. */
export const groupPrefix: ValueType<string> = {
  placeholder: 'PREFIX',
  accepts: 'up to 20 lower-case letters and digits such as blue',
  parse: (value) => (/^[a-z0-9]{1,20}$/.test(value) ? value : undefined),
  format: String,
};

/** The origin of a web page, as browsers send it. */
export const origin: ValueType<string> = {
  placeholder: 'ORIGIN',
  accepts: 'an origin such as https://example.org or http://localhost:3000, without path',
  parse: (value) => (URL.canParse(value) && new URL(value).origin === value ? value : undefined),
  format: String,
};

/** Any text that is not empty. */
export function text(placeholder: string, accepts: string): ValueType<string> {
  return { placeholder, accepts, parse: (value) => value || undefined, format: String };
}

/** An http or https address, without its trailing slash. */
export const httpAddress: ValueType<string> = {
  placeholder: 'URL',
  accepts: 'an http:// or https:// address',
  parse: (value) => {
    if (!/^https?:\/\/\S+$/i.test(value) || !URL.canParse(value)) return undefined;
    return value.replace(/\/+$/, '');
  },
  format: String,
};

/** Wider than GexBot's tickers (contract section 1.3), as in the archive: FINANCE is one too. A leading ^ or _ of an index is dropped. */
const TICKER = /^[A-Z]{1,12}(_[A-Z]{1,12})?$/;

export const ticker: ValueType<string> = {
  placeholder: 'TICKER',
  accepts: 'up to 12 letters such as SPY or SPX, or a pair such as ES_SPX',
  parse: (value) => {
    const upper = value.toUpperCase().replace(/^[\^_]/, '');
    return TICKER.test(upper) ? upper : undefined;
  },
  format: String,
};

/** Values of one type separated by commas, without repeats; at least one. */
export function listOf<T>(item: ValueType<T>, accepts: string): ValueType<readonly T[]> {
  return {
    placeholder: item.placeholder ?? 'VALUE',
    accepts,
    parse: (value) => {
      const items: T[] = [];
      for (const part of value.split(',')) {
        const parsed = item.parse(part.trim());
        if (parsed === undefined) return undefined;
        if (!items.includes(parsed)) items.push(parsed);
      }
      return items;
    },
    format: (items) => items.map(item.format).join(','),
    list: true,
  };
}

/** `listOf` where `all`, and an empty list of the YAML file, stand for no restriction: the value is then empty. */
export function listOrAll<T>(item: ValueType<T>, accepts: string): ValueType<readonly T[]> {
  const list = listOf(item, accepts);
  return {
    ...list,
    accepts: `all or ${accepts}`,
    parse: (value) => (value.trim().toLowerCase() === 'all' ? [] : list.parse(value)),
    format: (items) => (items.length === 0 ? 'all' : list.format(items)),
    emptyList: 'all',
  };
}

/** A word of lower-case letters, digits and underscores, as packages and categories are called; upper case is lowered. */
export const lowerName: ValueType<string> = {
  placeholder: 'NAME',
  accepts: 'a name such as gex_full',
  parse: (value) => {
    const lower = value.toLowerCase();
    return /^[a-z][a-z0-9_]{0,31}$/.test(lower) ? lower : undefined;
  },
  format: String,
};

/** A host with or without a port, or `*.` and the end of a name for every host below it. */
export const hostPattern: ValueType<string> = {
  placeholder: 'HOST',
  accepts: 'a host such as hist.gex.bot, files.example.org:8443 or *.example.org',
  parse: (value) => {
    const lower = value.toLowerCase();
    const url = `http://${lower.replace(/^\*\./, '')}`;
    return URL.canParse(url) && `http://${new URL(url).host}` === url ? lower : undefined;
  },
  format: String,
};
