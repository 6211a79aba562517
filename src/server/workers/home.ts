/**
 * The worker, from 0 to `count` - 1, that an API key belongs to: positions, clocks, sessions and limits are per key, so
 * whatever one key does happens in one process. FNV-1a: many keys spread evenly, and it costs less than a map look-up.
 */
export function homeOf(apiKey: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < apiKey.length; i++) hash = Math.imul(hash ^ apiKey.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % count;
}
