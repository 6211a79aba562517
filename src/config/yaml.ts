import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parse, parseDocument } from 'yaml';
import { GexError } from '../errors.js';
import { didYouMean } from './suggest.js';

/** One value of the file as text, ready for the option's own parser. */
interface YamlEntry {
  /** Dotted path. */
  readonly path: string;
  readonly text: string;
  readonly line: number;
  /** `[]` was written; `text` is empty. */
  readonly isEmptyList: boolean;
}

/** A value that names a variable nobody has set, where that may be. */
interface UnsetVariable {
  readonly path: string;
  readonly variable: string;
  readonly line: number;
}

interface YamlReading {
  readonly entries: readonly YamlEntry[];
  readonly unset: readonly UnsetVariable[];
  /** One sentence each. */
  readonly faults: readonly string[];
}

interface YamlInput {
  readonly name: string;
  readonly text: string;
  /** The dotted paths that exist. */
  readonly known: ReadonlySet<string>;
  /** Values for `${NAME}`. */
  readonly variables: (name: string) => string | undefined;
  /** Paths whose variables may be unset: whoever needs the value says so. */
  readonly mayBeUnset?: ReadonlySet<string>;
}

/** The value a YAML (or JSON) text stands for. Throws `usage` that names the file. */
export function parseYaml(text: string, name: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const [fault] = (cause as Error).message.split('\n');
    throw new GexError('usage', `${name} is not YAML: ${fault}`, { cause });
  }
}

/** The known values of a YAML file, with `${NAME}` expanded, and every fault in it. Keys without a value count as absent. */
export function readYaml(input: YamlInput): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(input.text, { lineCounter: lines, prettyErrors: false });
  const entries: YamlEntry[] = [];
  const unset: UnsetVariable[] = [];
  const faults: string[] = [];
  const lineOf = (node: Node | null): number => (node?.range ? lines.linePos(node.range[0]).line : 1);
  const fault = (line: number, sentence: string): void => {
    faults.push(`${input.name}:${line}: ${sentence}`);
  };

  for (const error of document.errors) fault(lines.linePos(error.pos[0]).line, error.message);
  if (faults.length > 0) return { entries, unset, faults };

  const sections = new Set([...input.known].flatMap((path) => prefixes(path)));

  const expand = (text: string, path: string, line: number): string =>
    text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
      const value = input.variables(name);
      if (value !== undefined) return value;
      if (input.mayBeUnset?.has(path)) unset.push({ path, variable: name, line });
      else fault(line, `${path} names \${${name}}, which is not set in the environment`);
      return '';
    });

  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);

  const scalarText = (node: unknown): string | undefined => {
    const target = resolved(node);
    if (!isScalar(target)) return undefined;
    return target.source ?? String(target.value ?? '');
  };

  const readValue = (path: string, node: Node | null): void => {
    const target = resolved(node);
    const line = lineOf(node);
    const texts = isSeq(target) ? target.items.map(scalarText) : [scalarText(target)];
    if (!texts.every((text) => text !== undefined)) {
      fault(line, `${path} must be one value or a list of values`);
      return;
    }
    if (isScalar(target) && target.value === null) return;
    const faultsBefore = faults.length;
    const text = texts.map((part) => expand(part, path, line)).join(',');
    const isEmptyList = isSeq(target) && target.items.length === 0;
    const isWhole = faults.length === faultsBefore && unset.at(-1)?.path !== path;
    if (isWhole && (text !== '' || isEmptyList)) entries.push({ path, text, line, isEmptyList });
  };

  const readMap = (prefix: string, node: unknown): void => {
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      const path = `${prefix}${isScalar(key) ? String(key.value) : String(key)}`;
      const child = value as Node | null;
      const line = lineOf(key as Node);
      if (input.known.has(path)) readValue(path, child);
      else if (!sections.has(path)) fault(line, `unknown key ${path}${didYouMean(path, input.known)}`);
      else if (isMap(resolved(child))) readMap(`${path}.`, resolved(child));
      else if (!isScalar(child) || child.value !== null) fault(line, `${path} is a section and takes keys below it`);
    }
  };

  if (isMap(document.contents)) readMap('', document.contents);
  else if (document.contents !== null) fault(1, 'expected keys with values, such as "serve:" and "  port: 8080"');
  return { entries, unset, faults };
}

/** `a.b.c` -> `a`, `a.b`. */
function prefixes(path: string): string[] {
  const parts = path.split('.');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('.'));
}
