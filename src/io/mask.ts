/** Shorter secrets are found within ordinary words: they are masked where they stand alone. */
const WITHIN_WORDS_LENGTH = 6;

/** Replaces every secret by `***`, the longest first so that no tail of one stays behind. */
export function masker(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  const patterns = known.map((secret) => (secret.length < WITHIN_WORDS_LENGTH ? alone(secret) : secret));
  return (text) => patterns.reduce<string>((masked, secret) => masked.replaceAll(secret, '***'), text);
}

/** The text where no letter or digit touches it. */
function alone(text: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9])${text.replace(/[^A-Za-z0-9]/g, '\\$&')}(?![A-Za-z0-9])`, 'g');
}
