/** Replaces every secret by `***`, the longest first so that no tail of one stays behind. */
export function masker(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return (text) => known.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
