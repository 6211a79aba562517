import { BUS_KEYS } from '../config/rows/bus.js';
import type { OptionKey, Settings } from '../config/table.js';
import type { CommandCall } from './command.js';
import { givenIdly, nameOf, refuse } from './refusals.js';

type Refusals = { readonly [K in OptionKey]?: { readonly agrees: readonly Settings[K][]; readonly because: string } };

/** Options that mean nothing to a live server, by key: the values that agree with it all the same, and why no other does. */
const AGAINST_LIVE: Refusals = {
  dataDate: { agrees: ['latest'], because: 'live is the day being recorded' },
  dataMode: { agrees: ['stream'], because: 'records of files that grow are read from disk' },
  cacheMode: { agrees: ['exhaust'], because: 'there is no first record to start again from' },
  playback: { agrees: ['request'], because: 'records come as they are recorded' },
  playbackStore: { agrees: ['memory'], because: 'no key has a position' },
  faults: { agrees: [], because: 'faults are for replays' },
  workers: { agrees: [1], because: 'one process serves live' },
};

/** Options that shape a synthetic session, or tell of it. */
const OF_SYNTH: readonly OptionKey[] = ['seed', 'tickers', 'pathModel', 'interval', 'exposureInterval', ...BUS_KEYS];

/** Throws one `usage` error that lists every option that contradicts `--live`, or that says something without effect. */
export function refuseWithLive(call: CommandCall): void {
  const { live, liveSource } = call.settings;
  const isSynth = live && liveSource === 'synth';
  const idle = live ? [...OF_SYNTH, 'playbackSpeed' as const] : OF_SYNTH;
  refuse([
    ...(live ? againstLive(call) : []),
    ...(!live && liveSource === 'synth'
      ? [`${nameOf(call, 'liveSource')}: a synthetic session plays with --live only; gex synth makes one to replay`]
      : []),
    ...(isSynth ? [] : givenIdly(call, idle, 'only with --live --source synth')),
  ]);
}

function againstLive(call: CommandCall): string[] {
  const values: Readonly<Record<string, unknown>> = call.settings;
  const refusals = Object.entries(AGAINST_LIVE) as [OptionKey, { agrees: readonly unknown[]; because: string }][];
  return refusals
    .filter(([key, { agrees }]) => call.origins[key].layer !== 'default' && !agrees.includes(values[key]))
    .map(([key, { because }]) => `${nameOf(call, key)}: not with --live, ${because}`);
}
