/** One kind of option value: how text becomes a value, and what to say when it does not. */
export interface ValueType<T> {
  /** Shown in help, such as `PORT`; a boolean switch has none. */
  readonly placeholder?: string;
  /** Completes "give ...": `a whole number from 0 to 65535`. */
  readonly accepts: string;
  /** The value, or undefined when the text is not accepted. */
  parse(text: string): T | undefined;
  /** The text that parses to the value again. */
  format(value: T): string;
  /** The closed set of words, where there is one (for completion). */
  readonly choices?: readonly string[];
  /** The flag may be repeated and takes several values; they are joined with commas. */
  readonly list?: boolean;
  /** The text an empty list of the YAML file stands for; without one such a list counts as absent. */
  readonly emptyList?: string;
}

/** What is written down for one option. */
export interface OptionRow<T> {
  readonly flag: `--${string}`;
  readonly short?: `-${string}`;
  /** Environment variable; absent for switches that belong to one call only. */
  readonly env?: string;
  /** Dotted path in the YAML file; absent where `env` is. */
  readonly yaml?: string;
  /** Further paths with the same meaning, of files written for the vendor's downloader. */
  readonly yamlAlso?: readonly string[];
  readonly type: ValueType<T>;
  readonly default?: T;
  /** What happens when nobody gives a value, for a row without a default. */
  readonly otherwise?: string;
  /** One sentence without a full stop. */
  readonly description: string;
  /** Shown as `***` and masked in every log line. */
  readonly secret?: boolean;
}

type RowWithDefault<T> = OptionRow<T> & { readonly default: T };

/** The value of a row: T where it has a default, else T or undefined. */
export type SettingOf<R> =
  R extends OptionRow<infer T> ? (R extends { readonly default: T } ? T : T | undefined) : never;

/** One option row, typed by its value. */
export function option<const T>(row: OptionRow<T> & { readonly default: NoInfer<T> }): RowWithDefault<T>;
export function option<const T>(row: OptionRow<T>): OptionRow<T>;
export function option<const T>(row: OptionRow<T>): OptionRow<T> {
  return row;
}

const SWITCH: ValueType<boolean> = {
  accepts: 'true or false',
  parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
  format: String,
};

/** A switch, false unless given; without `env` and `yaml` it belongs to one call. */
export function toggle(
  row: Pick<OptionRow<boolean>, 'flag' | 'short' | 'env' | 'yaml' | 'description'>,
): RowWithDefault<boolean> {
  return { ...row, type: SWITCH, default: false };
}
