import { TRADESTATION_KEYS } from '../config/rows/tradestation.js';
import type { OptionKey } from '../config/table.js';
import type { CommandCall } from './command.js';
import { givenIdly, refuse } from './refusals.js';

/** Options of `gex stream` that mean nothing but to one source. */
const OF_SOURCE: Readonly<Record<'tradestation' | 'synth', readonly OptionKey[]>> = {
  tradestation: [
    'streamExpirations',
    'streamStrikeDistance',
    'rate',
    'tsSymbolsPerStream',
    'tsMaxStreams',
    ...TRADESTATION_KEYS,
  ],
  synth: ['seed', 'pathModel', 'playbackSpeed', 'exposureInterval'],
};

/** Throws one `usage` error that lists every option of the command line that is for another source. */
export function refuseForSource(call: CommandCall): void {
  const other = call.settings.streamSource === 'synth' ? 'tradestation' : 'synth';
  refuse(givenIdly(call, OF_SOURCE[other], `only with --source ${other}`));
}
