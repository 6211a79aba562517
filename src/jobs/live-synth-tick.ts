import type { ChainSnapshot } from '../core/model.js';
import type { SynthTicker } from '../core/synth/tickers.js';
import type { Published } from './live-publish.js';
import { figuresOf, type StreamTick } from './stream-tick.js';

interface Made {
  readonly row: SynthTicker;
  readonly chain: ChainSnapshot;
  readonly published: Published;
  /** Time of the clock since the record was due. */
  readonly ageMs: number;
}

/** What a record of a synthetic session came to, in its ticker's prices: a future's are those of its index and a basis. */
export function synthTick({ row: { ticker, futuresOf }, chain, published, ageMs }: Made): StreamTick {
  const { zeroGamma, callWall, putWall, ...figures } = figuresOf(published);
  const basis = futuresOf?.basis ?? 0;
  return {
    ...{ ticker, atMs: chain.asOfMs, contracts: chain.contracts.length, dataAgeMs: Math.max(0, ageMs) },
    ...{ quoted: 1, refused: 0, gaps: 0, delayed: false }, // a made-up market leaves nothing out
    ...{ ...figures, spot: chain.spot + basis },
    ...{ zeroGamma: zeroGamma + basis, callWall: callWall + basis, putWall: putWall + basis },
  };
}
