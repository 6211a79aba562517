import { expect, it } from 'vitest';
import { Signer } from '../../src/server/signer.js';

it('a signature holds for its text and its secret only', () => {
  const signer = new Signer('secret');
  const signature = signer.sign('SPX until 5');
  expect(signature).toMatch(/^[\w-]{43}$/);
  expect(signer.verify('SPX until 5', signature)).toBe(true);
  expect(new Signer('secret').verify('SPX until 5', signature)).toBe(true);
  expect(signer.verify('SPX until 6', signature)).toBe(false);
  expect(new Signer('other').verify('SPX until 5', signature)).toBe(false);
  expect(new Signer().verify('SPX until 5', signature)).toBe(false);
  for (const broken of ['', 'x', `${signature}x`, 'é'.repeat(43)])
    expect(signer.verify('SPX until 5', broken)).toBe(false);
});
