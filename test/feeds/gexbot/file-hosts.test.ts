import { describe, expect, it } from 'vitest';
import { fileHostCheck } from '../../../src/feeds/gexbot/file-hosts.js';

const HOSTS = ['hist.gex.bot', '*.amazonaws.com', '.cdn.gex.bot', 'mirror.test:8443'];

/** Whether files of the vendor's API, or another, may be at this address. */
function isAllowed(address: string, base = 'https://api.gex.bot', patterns: readonly string[] = HOSTS): boolean {
  try {
    fileHostCheck(new URL(base), patterns)(new URL(address));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ kind: 'data' });
    return false;
  }
}

describe('a file host', () => {
  it.each([
    'https://hist.gex.bot/a?b',
    'https://HIST.gex.bot/a',
    'https://gexbot.s3.us-east-1.amazonaws.com/a',
    'https://a.cdn.gex.bot/a',
    'https://mirror.test:8443/a',
    'https://api.gex.bot/files/a',
  ])('%s is allowed', (address) => {
    expect(isAllowed(address)).toBe(true);
  });

  it.each([
    'http://hist.gex.bot/a',
    'https://hist.gex.bot:444/a',
    'https://hist.gex.bot.evil.test/a',
    'https://evilhist.gex.bot/a',
    'https://hist.gex.bot@evil.test/a',
    'https://user:word@hist.gex.bot/a',
    'https://amazonaws.com/a',
    'https://evilamazonaws.com/a',
    'https://cdn.gex.bot/a',
    'https://x.amazonaws.com:81/a',
    'https://mirror.test/a',
    'https://169.254.169.254/latest/meta-data',
    'http://127.0.0.1/a',
    'file:///etc/passwd',
    'ftp://hist.gex.bot/a',
    'data:text/plain,x',
  ])('%s is not', (address) => {
    expect(isAllowed(address)).toBe(false);
  });

  it('may be without https where the API is, on this machine', () => {
    expect(isAllowed('http://127.0.0.1:81/a', 'http://localhost:80', ['127.0.0.1:81'])).toBe(true);
    expect(isAllowed('http://hist.gex.bot/a', 'http://127.0.0.1:80')).toBe(true);
    expect(isAllowed('http://hist.gex.bot/a', 'http://10.0.0.1:80')).toBe(false);
    expect(isAllowed('http://10.0.0.1:81/a', 'http://10.0.0.1:80')).toBe(false);
    expect(isAllowed('http://10.0.0.1/files/a', 'http://10.0.0.1:80')).toBe(true);
  });

  it('needs a pattern', () => {
    expect(isAllowed('https://hist.gex.bot/a', 'https://api.gex.bot', [])).toBe(false);
    expect(isAllowed('https://hist.gex.bot/a', 'https://api.gex.bot', ['', '*', '.', '*.'])).toBe(false);
  });
});
