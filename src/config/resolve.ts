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
  /** What the YAML file named for it without effect: a variable nobody has set, and where. */
  readonly unset?: { readonly variable: string; readonly place: string };
}

export type Origins = Readonly<Record<OptionKey, Origin>>;

export interface Resolution {
  readonly settings: Settings;
  readonly origins: Origins;
  /** Values of secret options, to be masked wherever text leaves the process. */
  readonly secrets: readonly string[];
  /** Sentences about keys of the YAML file that are accepted and change nothing. */
  readonly notes: readonly string[];
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
  const { values, origins, secrets, notes } = await resolveTable(OPTIONS, sources);
  return { settings: values as Settings, origins: origins as Origins, secrets, notes };
}

/** `resolveSettings` for any table. */
export async function resolveTable(
  table: OptionTable,
  sources: Sources,
): Promise<{ values: Record<string, unknown>; origins: Record<string, Origin>; secrets: string[]; notes: string[] }> {
  const faults: string[] = [];
  const layers = [
    ...flagCandidates(table, sources),
    ...variableCandidates(table, sources.environment, 'environment', faults),
    ...variableCandidates(table, sources.dotenv, '.env', faults),
  ];
  const file = await yamlCandidates(table, sources, faults);
  const candidates = [...layers, ...file.candidates];

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
    const unset = file.unset.get(key);
    origins[key] = { layer: 'default', place: '', ...(unset && { unset }) };
  }
  return { values, origins, secrets, notes: file.notes };
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

interface FileCandidates {
  readonly candidates: readonly Candidate[];
  /** By key. */
  readonly unset: ReadonlyMap<string, NonNullable<Origin['unset']>>;
  readonly notes: string[];
}

async function yamlCandidates(table: OptionTable, sources: Sources, faults: string[]): Promise<FileCandidates> {
  const { yaml, environment, dotenv } = sources;
  if (!yaml) return { candidates: [], unset: new Map(), notes: [] };
  const [{ readYaml }, { INERT_KEYS, readInert }] = await Promise.all([import('./yaml.js'), import('./inert.js')]);
  const keys = yamlKeys(table);
  const secret = [...keys].filter(([, key]) => table[key]?.secret).map(([path]) => path);
  const reading = readYaml({
    name: yaml.name,
    text: yaml.text,
    known: new Set([...keys.keys(), ...Object.keys(INERT_KEYS)]),
    variables: (name) => environment[name] ?? dotenv[name],
    mayBeUnset: new Set(secret),
  });
  const inert = readInert(reading.entries, yaml.name);
  faults.push(...reading.faults, ...inert.faults);
  const candidates: Candidate[] = [];
  for (const { path, text, line, isEmptyList } of reading.entries) {
    const key = keys.get(path);
    const value = isEmptyList ? table[key ?? '']?.type.emptyList : text;
    if (key === undefined || value === undefined) continue;
    const place = `${yaml.name}:${line}`;
    const other = candidates.find((candidate) => candidate.key === key);
    if (other) faults.push(`${place}: ${path} means the same as ${other.name}; keep one of the two`);
    else candidates.push({ key, text: value, name: `${path} in ${place}`, origin: { layer: 'yaml', place } });
  }
  const unset = reading.unset.map(({ path, variable, line }): [string, { variable: string; place: string }] => [
    keys.get(path) ?? '',
    { variable, place: `${yaml.name}:${line}` },
  ]);
  return { candidates, unset: new Map(unset), notes: inert.notes };
}

/** The key of every path that sets an option. */
function yamlKeys(table: OptionTable): Map<string, string> {
  const rows = Object.entries(table).flatMap(([key, { yaml, yamlAlso = [] }]) =>
    (yaml === undefined ? [] : [yaml, ...yamlAlso]).map((path): [string, string] => [path, key]),
  );
  return new Map(rows);
}
