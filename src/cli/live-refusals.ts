import type { Origin } from '../config/resolve.js';
import { OPTIONS } from '../config/table.js';
import { GexError } from '../errors.js';
import type { CommandCall } from './command.js';

/** Options that mean nothing to a live server, by key: the values that agree with it all the same, and why no other does. */
const AGAINST_LIVE: Readonly<Record<string, { readonly agrees: readonly unknown[]; readonly because: string }>> = {
  dataDate: { agrees: ['latest'], because: 'live is the day being recorded' },
  dataMode: { agrees: ['stream'], because: 'records of files that grow are read from disk' },
  cacheMode: { agrees: ['exhaust'], because: 'there is no first record to start again from' },
  playback: { agrees: ['request'], because: 'records come as they are recorded' },
  playbackStore: { agrees: ['memory'], because: 'no key has a position' },
  faults: { agrees: [], because: 'faults are for replays' },
  workers: { agrees: [1], because: 'one process serves live' },
};

/** Options that shape a synthetic session. */
const OF_SYNTH = ['playbackSpeed', 'seed', 'tickers', 'pathModel', 'interval', 'exposureInterval'] as const;

/** Throws one `usage` error that lists every option that contradicts `--live`, or that says something without effect. */
export function refuseWithLive({ settings, origins }: CommandCall): void {
  const given = origins as Readonly<Record<string, Origin>>;
  const values: Readonly<Record<string, unknown>> = settings;
  const faults: string[] = [];
  const name = (key: string): string =>
    given[key]?.place || (OPTIONS as Readonly<Record<string, { flag: string }>>)[key]?.flag || key;
  if (settings.live) {
    for (const [key, { agrees, because }] of Object.entries(AGAINST_LIVE)) {
      const layer = given[key]?.layer ?? 'default';
      if (layer !== 'default' && !agrees.includes(values[key]))
        faults.push(`${name(key)}: not with --live, ${because}`);
    }
  } else if (settings.liveSource === 'synth') {
    faults.push(`${name('liveSource')}: a synthetic session plays with --live only; gex synth makes one to replay`);
  }
  if (!settings.live || settings.liveSource !== 'synth') {
    const idle = OF_SYNTH.filter((key) => given[key]?.layer === 'flag' && (key !== 'playbackSpeed' || settings.live));
    for (const key of idle) faults.push(`${name(key)}: only with --live --source synth`);
  }
  const [first] = faults;
  if (first === undefined) return;
  if (faults.length === 1) throw new GexError('usage', `${first}.`);
  throw new GexError('usage', `${faults.length} options contradict each other:`, { details: faults });
}
