import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Signs texts (links, tokens) so that only this server, or one with the same secret, can have made them: HMAC-SHA256. */
export class Signer {
  readonly #secret: string | Buffer;

  /** Without a secret a random one is taken: what was signed ends with the process. */
  constructor(secret: string | Buffer = randomBytes(32)) {
    this.#secret = secret;
  }

  /** 43 characters that need no escape in a URL. */
  sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url');
  }

  verify(text: string, signature: string): boolean {
    const expected = Buffer.from(this.sign(text));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
