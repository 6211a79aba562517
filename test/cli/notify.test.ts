import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { gex } from '../helpers/gex.js';
import { startReceiver } from '../helpers/receiver.js';
import { startSmtp } from '../helpers/smtp.js';

describe('gex notify test', () => {
  it('sends one message on every channel of .env and lists them', async () => {
    const { url, requests } = await startReceiver({ status: 200 });
    const smtp = await startSmtp({ login: 'ada@example.org:pw' });
    const folder = tempFolder();
    const variables = [
      ...['NTFY_ENABLED=true', `NTFY_SERVER=${url}`, 'NTFY_TOPIC=archive', 'NOTIFY_ON=failure'],
      ...[`NOTIFY_WEBHOOK_URL=${url}/hook/s3cret`, 'NOTIFY_EMAIL_TO=ada@example.org,bob@example.org'],
      ...['SMTP_HOST=127.0.0.1', `SMTP_PORT=${smtp.port}`, 'SMTP_SECURE=none'],
      ...['SMTP_USER=ada@example.org', 'SMTP_PASSWORD=pw'],
    ];
    await writeFile(join(folder, '.env'), variables.join('\n'));
    const { code, stdout, stderr } = await gex(['notify', 'test'], { folder });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `channel\tto\tresult\nntfy\t${url}/archive\tsent\nwebhook\t${url}\tsent\nemail\tada@example.org, bob@example.org\tsent\n`,
    );
    expect(requests.map(({ path }) => path).sort()).toEqual(['/archive', '/hook/s3cret']);
    expect(smtp.mails).toMatchObject([{ from: 'ada@example.org', to: ['ada@example.org', 'bob@example.org'] }]);
  });

  it('--json is the message and what became of it; a channel that fails makes it exit 4, and no secret is printed', async () => {
    const { url } = await startReceiver({ status: 404, body: 'no hook s3cret' });
    const env = { NOTIFY_WEBHOOK_URL: `${url}/s3cret/` };
    const { code, stdout, stderr } = await gex(['notify', 'test', '--json', '-v'], { env });
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ schema: 'gex-notify/1', event: 'test', title: 'gex: test message', dates: [] },
      channels: [{ channel: 'webhook', to: url, ok: false, error: expect.stringContaining('answered 404') }],
    });
    expect(stderr).toMatch(/^gex: 1 of 1 channels did not take the message: webhook$/m);
    expect(stdout + stderr).not.toContain('s3cret');
  });

  it.each([
    [{}, /^gex: no channel is configured; set NTFY_ENABLED=true with NTFY_TOPIC, NOTIFY_WEBHOOK_URL, or .*\n$/],
    [{ NTFY_ENABLED: 'true' }, /^gex: NTFY_ENABLED is true without NTFY_TOPIC; name the topic\n$/],
    [
      { NTFY_ENABLED: 'true', NOTIFY_EMAIL_TO: 'a@b', SMTP_USER: 'a' },
      /^gex: messages cannot be sent:\n {2}NTFY_ENABLED .*\n {2}NOTIFY_EMAIL_TO .*\n {2}SMTP_USER .*\n$/,
    ],
    [{ NTFY_PRIORITY: 'loud' }, /NTFY_PRIORITY .*give one of min, low, default, high, urgent\n$/],
    [{ NTFY_TOPIC: 'a b' }, /NTFY_TOPIC .*found "a b"; give up to 64 letters/],
    [{ NOTIFY_EMAIL_TO: 'ada' }, /NOTIFY_EMAIL_TO .*found "ada"; give e-mail addresses/],
    [{ DEADMAN_FAIL_SUFFIX: 'fail' }, /DEADMAN_FAIL_SUFFIX .*a path such as \/fail/],
  ])('with %j is one usage error', async (env, sentence) => {
    const { code, stdout, stderr } = await gex(['notify', 'test'], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(sentence);
  });

  it('with another action is a usage error', async () => {
    expect(await gex(['notify', 'shout'])).toMatchObject({ code: 2, stderr: 'gex: found action "shout"; give test\n' });
  });
});

describe('mail over TLS', () => {
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

  /** A certificate of localhost that nobody has signed. */
  function selfSigned() {
    const folder = tempFolder();
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
    const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', keyFile, '-out', certFile];
    execFileSync('openssl', [...words.split(' '), ...names], { stdio: 'ignore' });
    return { certFile, key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
  }

  it.skipIf(!hasOpenssl).each(['tls', 'starttls'] as const)(
    '(%s) is sent to a server whose certificate is trusted, and to no other',
    async (mode) => {
      const { certFile, key, cert } = selfSigned();
      const smtp = await startSmtp({ tls: { key, cert, mode }, login: 'ada:pw' });
      const env = {
        ...{ NOTIFY_EMAIL_TO: 'ada@example.org', SMTP_HOST: 'localhost', SMTP_PORT: String(smtp.port) },
        ...{ SMTP_SECURE: mode, SMTP_USER: 'ada', SMTP_PASSWORD: 'pw' },
      };
      const trusted = await gex(['notify', 'test'], { env: { ...env, NODE_EXTRA_CA_CERTS: certFile } });
      expect(trusted).toMatchObject({ code: 0, stderr: '' });
      expect(smtp.mails).toMatchObject([{ login: 'ada', from: 'ada@example.org' }]);
      const distrusted = await gex(['notify', 'test'], { env });
      expect(distrusted).toMatchObject({ code: 4, stdout: expect.stringMatching(/self-signed certificate/) });
      expect(smtp.mails).toHaveLength(1);
    },
  );
});

it('the schema gex-notify/1 is one thing in the webhook and in --json', async () => {
  const { url, requests } = await startReceiver({ status: 200 });
  const { stdout } = await gex(['notify', 'test', '--json'], { env: { NOTIFY_WEBHOOK_URL: url } });
  const { channels, ...message } = JSON.parse(stdout);
  expect(message).toEqual(JSON.parse(requests[0]?.body ?? ''));
  expect(channels).toHaveLength(1);
});
