import { describe, expect, it } from 'vitest';
import { gammaPicture } from '../../src/cli/gex-picture.js';
import { exposureProfile } from '../../src/core/exposure.js';
import { syntheticChain } from '../../src/core/synth/chain.js';

const chain = syntheticChain({ ticker: 'SPX', seed: 7, atMs: Date.UTC(2026, 7, 19, 15) });
const profile = exposureProfile(chain);

/** The drawn shapes of one colour, with their numbers. */
const rects = (svg: string, fill: string) =>
  [...svg.matchAll(/<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)" height="([-\d.]+)" fill="(#\w+)"\/>/g)]
    .filter(([, , , , , colour]) => colour === fill)
    .map(([, x, y, width, height]) => ({ x: Number(x), y: Number(y), width: Number(width), height: Number(height) }));

const CALL = '#1a7f5a';
const PUT = '#c0392b';

describe('the picture of a chain', () => {
  const svg = gammaPicture(profile);

  it('has a bar for every call and put exposure near spot, as long as the exposure is large', () => {
    const near = [...profile.byStrike]
      .filter((row) => row.absGex > 0)
      .sort((a, b) => Math.abs(a.strike - chain.spot) - Math.abs(b.strike - chain.spot))
      .slice(0, 61)
      .sort((a, b) => a.strike - b.strike);
    const calls = rects(svg, CALL).filter(({ width }) => width !== 10);
    const puts = rects(svg, PUT).filter(({ width }) => width !== 10);
    expect([calls.length, puts.length]).toEqual([61, 61]);
    const largest = near.reduce((a, b) => (a.callGex > b.callGex ? a : b));
    const tallest = calls[near.indexOf(largest)];
    for (const [i, row] of near.entries()) {
      const share = row.callGex / largest.callGex;
      expect((calls[i]?.height ?? 0) / (tallest?.height ?? 1)).toBeCloseTo(share, 2);
    }
    for (const [i, bar] of puts.entries()) expect(bar.y).toBeGreaterThanOrEqual((calls[i]?.y ?? 0) - 0.1);
  });

  it('names spot, the walls, zero gamma and the convention, and holds no number that is none', () => {
    for (const words of [
      `spot ${Number(chain.spot.toFixed(2))}`,
      `call wall ${profile.levels.callWall}`,
      `zero gamma ${Number(profile.curve.zeroGamma.toFixed(2))}`,
      'USD per 1 % move',
      'sign naive',
    ]) {
      expect(svg).toContain(words);
    }
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('marks every zero of the curve', () => {
    expect(svg.match(/<circle/g)?.length).toBe(profile.curve.zeros.length);
  });
});

it('draws a chain without zero gamma and escapes its name', () => {
  const calls = { ...chain, underlying: 'A<B', openInterest: chain.openInterest.map((oi, row) => (row % 2 ? 0 : oi)) };
  const svg = gammaPicture(exposureProfile(calls));
  expect(svg).toContain('no zero gamma');
  expect(svg).toContain('A&#60;B gamma exposure');
  expect(svg).not.toContain('<circle');
  expect(svg).not.toMatch(/NaN|Infinity/);
});
