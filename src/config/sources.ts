import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GexError } from '../errors.js';
import { OPTIONS, type OptionKey } from './table.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A text file of the configuration. */
export interface ConfigFile {
  /** As named by the user. */
  readonly name: string;
  readonly text: string;
}

/** Everything option values can come from, read but not yet understood. */
export interface Sources {
  /** By option key; `true` for a switch. */
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Environment;
  readonly dotenv: Readonly<Record<string, string>>;
  readonly yaml?: ConfigFile;
}

const DEFAULT_FILE = 'configs/default.yaml';

interface Where {
  readonly folder: string;
  readonly environment: Environment;
  readonly flags: Readonly<Record<string, string>>;
  /** Another option whose variable names the YAML file where GEX_CONFIG does not. */
  readonly configAlso?: OptionKey | undefined;
}

/**
 * Reads `.env` and the YAML file of a working folder: `--config`, else GEX_CONFIG, else the command's own variable, else
 * `configs/default.yaml` where it exists. A named file that cannot be read is a usage error.
 */
export async function readSources({ folder, environment, flags, configAlso }: Where): Promise<Sources> {
  const dotenvText = existsSync(join(folder, '.env')) ? readText(folder, '.env', '.env') : '';
  const dotenv = dotenvText === '' ? {} : (await import('dotenv')).parse(dotenvText);
  const rows = [OPTIONS.config, ...(configAlso ? [OPTIONS[configAlso]] : [])];
  const variables = rows.map((row) => ('env' in row && row.env) || '');
  const variable = variables.find((name) => environment[name] || dotenv[name]) ?? '';
  const named = flags.config ?? (environment[variable] || dotenv[variable]);
  const name = named || DEFAULT_FILE;
  if (!named && !existsSync(join(folder, name))) return { flags, environment, dotenv };
  const asked = flags.config === undefined && variable ? variable : OPTIONS.config.flag;
  return { flags, environment, dotenv, yaml: { name, text: readText(folder, name, asked) } };
}

function readText(folder: string, name: string, asked: string): string {
  try {
    return readFileSync(resolve(folder, name), 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause);
    throw new GexError('usage', `cannot read the configuration file ${name} (${asked}): ${reason}`, { cause });
  }
}
