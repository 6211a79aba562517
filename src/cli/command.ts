import type { Origins } from '../config/resolve.js';
import type { OptionKey, Settings } from '../config/table.js';
import type { ErrorKind } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { Output } from './ui.js';

/** A positional argument. */
export interface ArgumentRow {
  /** `FILE`. */
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  /** Takes one value or more; only the last argument may. */
  readonly variadic?: boolean;
  /** The closed set of words, where there is one. */
  readonly choices?: readonly string[];
}

/** What one call of a command gets. */
export interface CommandCall {
  readonly args: readonly string[];
  readonly settings: Settings;
  /** Which layer gave each setting. */
  readonly origins: Origins;
  /** The table the call came from. */
  readonly commands: readonly Command[];
  readonly ctx: Ctx;
  readonly out: Output;
}

/** A subcommand as a row; its module is imported only when it runs. */
export interface Command {
  readonly name: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  readonly arguments?: readonly ArgumentRow[];
  readonly options: readonly OptionKey[];
  readonly examples: readonly { readonly command: string; readonly explains: string }[];
  /** The error kinds this command can end with, besides usage and interrupted, which every command can. */
  readonly exits: readonly ErrorKind[];
  /** It works until it is stopped: after SIGTERM, with everything written, it ends with 0; SIGINT remains an interruption. */
  readonly doneOnSigterm?: true;
  /** Runs without reading the configuration, so that a fault in it cannot stop the command; settings are the defaults. */
  readonly standalone?: boolean;
  /** The option whose variable names the YAML file where neither --config nor GEX_CONFIG does. */
  readonly configAlso?: OptionKey;
  readonly load: () => Promise<{ readonly run: (call: CommandCall) => Promise<void> }>;
}
