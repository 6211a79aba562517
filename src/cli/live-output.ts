import type { CommandCall } from './command.js';
import type { SynthMarket } from './live-synth.js';

interface Served {
  readonly url: string;
  readonly date: string;
  readonly files: number;
}

/** The ready line of a live server: where it is, and whose records it serves. */
export async function announceLive(
  { url, date, files }: Served,
  market: SynthMarket | undefined,
  { settings, out }: CommandCall,
): Promise<void> {
  const { dataDir, liveSource: source, playbackSpeed: speed } = settings;
  const folder = market?.root ?? dataDir;
  if (out.json) {
    const synth = market && { seed: market.seed, session: market.date, again: market.again, speed };
    return out.object({
      schema: 'gex-serve/1',
      url,
      docs: `${url}/docs`,
      date,
      files,
      live: true,
      source,
      folder,
      ...synth,
    });
  }
  const [ticker = 'SPX'] = market?.tickers ?? [];
  await out.table({
    head: ['serving live', url],
    rows: [
      ['documents', `${url}/docs`],
      ['try', `curl '${url}/v2/${ticker}/classic/gex_zero?key=me'`],
      ...(market ? marketRows(market, speed) : []),
      ['folder', folder],
      ['date', files === 0 ? 'nothing is recorded yet: served as soon as it is' : date],
    ],
  });
}

function marketRows({ date, again, tickers, seed }: SynthMarket, speed: number | 'max'): string[][] {
  const how = again
    ? `the session of ${date} plays as if it had opened now`
    : `the session of ${date}, in its own time`;
  return [
    ['source', `synthetic, seed ${seed}: ${tickers.join(' ')}`],
    ['session', speed === 1 ? how : `${how}, ${speed} times as fast`],
  ];
}
