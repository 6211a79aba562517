/** A key of files written for the vendor's downloader that is understood and has nothing to set here. */
interface InertKey {
  /** Lower-case values that agree with what gex does anyway, so that nothing needs saying; absent: none. */
  readonly agrees?: string;
  /** Why another value cannot be had. With `refused` it is a fault, else a note. */
  readonly because: string;
  readonly refused?: boolean;
}

/** GexBot contract section 2.4. */
export const INERT_KEYS: Readonly<Record<string, InertKey>> = {
  'output.auto_convert_to_jsonl': {
    agrees: 'true',
    because: 'gex keeps days as JSONL only; set it to true or take the key out',
    refused: true,
  },
  'logging.enabled': { agrees: 'true', because: 'gex logs to stderr; log.level: silent says nothing' },
  'logging.directory': { because: 'gex logs to stderr and writes no log files' },
};

interface Entry {
  readonly path: string;
  readonly text: string;
  readonly line: number;
}

/** What there is to say about the inert keys of a file, one sentence each. */
export function readInert(entries: readonly Entry[], name: string): { faults: string[]; notes: string[] } {
  const faults: string[] = [];
  const notes: string[] = [];
  for (const { path, text, line } of entries) {
    const key = INERT_KEYS[path];
    if (!key || key.agrees === text.toLowerCase()) continue;
    const said = `${name}:${line}: ${path}: ${text} has no effect: ${key.because}`;
    if (key.refused) faults.push(`${name}:${line}: ${path}: ${text} cannot be had: ${key.because}`);
    else notes.push(said);
  }
  return { faults, notes };
}
