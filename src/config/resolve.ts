import { GexError } from '../errors.js';
import type { OptionRow } from './option.js';
import type { Sources } from './sources.js';
import { didYouMean } from './suggest.js';
import { OPTIONS, type OptionKey, type OptionTable, type Settings } from './table.js';

type Layer = 'flag' | 'environment' | '.env' | 'yaml' | 'default';

/** Where a value was found. */
export interface Origin {
  readonly layer: Layer;
  /** `--port`, `PORT`, or `configs/default.yaml:4`; empty for a default. */
  readonly place: string;
}

export type Origins = Readonly<Record<OptionKey, Origin>>;

export interface Resolution {
  readonly settings: Settings;
  readonly origins: Origins;
  /** Values of secret options, to be masked wherever text leaves the process. */
  readonly secrets: readonly string[];
}

/** One text offered for one option by one layer; candidates of a key come in order of precedence. */
interface Candidate {
  readonly key: string;
  readonly text: string;
  readonly origin: Origin;
  /** How the user named the option. */
  readonly name: string;
}

/**
 * The value of every option: flags, then environment, then `.env`, then YAML, then the default, per key. Throws one
 * usage error that lists every bad value and unknown name of every layer.
 */
export async function resolveSettings(sources: Sources): Promise<Resolution> {
  const { values, origins, secrets } = await resolveTable(OPTIONS, sources);
  return { settings: values as Settings, origins: origins as Origins, secrets };
}

/** `resolveSettings` for any table. */
export async function resolveTable(
  table: OptionTable,
  sources: Sources,
): Promise<{ values: Record<string, unknown>; origins: Record<string, Origin>; secrets: string[] }> {
  const faults: string[] = [];
  const candidates = [
    ...flagCandidates(table, sources),
    ...variableCandidates(table, sources.environment, 'environment', faults),
    ...variableCandidates(table, sources.dotenv, '.env', faults),
    ...(await yamlCandidates(table, sources, faults)),
  ];

  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const secrets: string[] = [];
  for (const { key, text, origin, name } of candidates) {
    const row = table[key] as OptionRow<unknown>;
    const value = row.type.parse(text);
    if (row.secret) secrets.push(text);
    if (value === undefined) {
      const found = row.secret ? 'a value that is not accepted' : JSON.stringify(text);
      faults.push(`${name} (${origin.layer}): found ${found}; give ${row.type.accepts}`);
    } else if (!(key in values)) {
      values[key] = value;
      origins[key] = origin;
    }
  }
  if (faults.length > 0) throw faultsError(faults);
  for (const [key, row] of Object.entries(table)) {
    if (key in values) continue;
    values[key] = row.default;
    origins[key] = { layer: 'default', place: '' };
  }
  return { values, origins, secrets };
}

function faultsError(faults: readonly string[]): GexError {
  const [first] = faults;
  if (faults.length === 1 && first !== undefined) return new GexError('usage', first);
  return new GexError('usage', `${faults.length} faults in the options:`, { details: faults });
}

function flagCandidates(table: OptionTable, { flags }: Sources): Candidate[] {
  return Object.entries(flags).flatMap(([key, text]) => {
    const name = table[key]?.flag;
    return name === undefined ? [] : [{ key, text, name, origin: { layer: 'flag', place: name } }];
  });
}

/** An empty variable counts as absent: that is how container files pass on what nobody set. */
function variableCandidates(
  table: OptionTable,
  variables: Sources['environment'],
  layer: 'environment' | '.env',
  faults: string[],
): Candidate[] {
  const keys = new Map(
    Object.entries(table).flatMap(([key, row]) => (row.env ? [[row.env, key]] : [])) as [string, string][],
  );
  for (const name of Object.keys(variables)) {
    if (name.startsWith('GEX_') && !keys.has(name)) {
      faults.push(`unknown variable ${name} (${layer})${didYouMean(name, keys.keys())}`);
    }
  }
  return [...keys].flatMap(([name, key]) => {
    const text = variables[name];
    return text ? [{ key, text, name, origin: { layer, place: name } }] : [];
  });
}

async function yamlCandidates(table: OptionTable, sources: Sources, faults: string[]): Promise<Candidate[]> {
  const { yaml, environment, dotenv } = sources;
  if (!yaml) return [];
  const { readYaml } = await import('./yaml.js');
  const keys = new Map(
    Object.entries(table).flatMap(([key, row]) => (row.yaml ? [[row.yaml, key]] : [])) as [string, string][],
  );
  const reading = readYaml({
    name: yaml.name,
    text: yaml.text,
    known: new Set(keys.keys()),
    variables: (name) => environment[name] ?? dotenv[name],
  });
  faults.push(...reading.faults);
  return reading.entries.flatMap(({ path, text, line }) => {
    const key = keys.get(path);
    const place = `${yaml.name}:${line}`;
    return key === undefined ? [] : [{ key, text, name: `${path} in ${place}`, origin: { layer: 'yaml', place } }];
  });
}
