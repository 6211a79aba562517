/** Which symbols each open stream carries. */
type StreamSymbols = readonly (readonly string[])[];

interface StreamRoom {
  readonly symbolsPerStream: number;
  readonly streams: number;
}

/**
 * The streams that carry the wanted symbols (most wanted first) and, while there is room, what they carried before: as few
 * of them change as can be. Where there is no room, symbols that are no longer wanted go first, `farness` says in which
 * order (largest first); then the least wanted do not come in.
 */
export function planStreams(
  before: StreamSymbols,
  wanted: readonly string[],
  { symbolsPerStream, streams: most }: StreamRoom,
  farness: (symbol: string) => number,
): StreamSymbols {
  const room = symbolsPerStream * most;
  const chosen = wanted.slice(0, room);
  const needed = new Set(chosen);
  const carried = new Set(before.flat());
  const added = chosen.filter((symbol) => !carried.has(symbol));
  const optional = [...carried].filter((symbol) => !needed.has(symbol)).sort((a, b) => farness(b) - farness(a));
  const dropped = new Set(optional.slice(0, Math.max(0, carried.size + added.length - room)));
  const streams = before.map((symbols) => symbols.filter((symbol) => !dropped.has(symbol)));
  // Streams that lost symbols are opened anew anyway; then the last one; the others are left alone while that is enough.
  const order = streams.map((_, i) => i).sort((a, b) => changed(b) - changed(a) || b - a);
  const queue = [...added];
  for (const i of order) {
    const stream = streams[i] as string[];
    stream.push(...queue.splice(0, symbolsPerStream - stream.length));
  }
  while (queue.length > 0) streams.push(queue.splice(0, symbolsPerStream));
  return streams.map((symbols, i) => (before[i] && sameSymbols(before[i], symbols) ? before[i] : symbols));

  function changed(i: number): number {
    return (streams[i] as string[]).length < (before[i] as readonly string[]).length ? 1 : 0;
  }
}

function sameSymbols(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((symbol, i) => symbol === b[i]);
}
