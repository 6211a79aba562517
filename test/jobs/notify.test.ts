import { describe, expect, it } from 'vitest';
import { type NotifyOptions, notify, notifyRun, pingDeadMan } from '../../src/jobs/notify.js';
import { type NotifyMessage, type RunOutcome, runMessage } from '../../src/jobs/notify-message.js';
import { startReceiver } from '../helpers/receiver.js';
import { type SmtpServer, startSmtp } from '../helpers/smtp.js';
import { recordingCtx } from '../server/fixture.js';

const GOOD: RunOutcome = {
  dates: ['2025-11-14'],
  counts: { total: 15, success: 15, skipped: 0, missing: 0, failed: 0 },
  durationMs: 61_000,
  failures: [],
};

const BAD: RunOutcome = {
  ...GOOD,
  counts: { total: 15, success: 14, skipped: 0, missing: 0, failed: 1 },
  failures: ['2025-11-14/SPX/state/gex_full: answered 500'],
};

const BASE: NotifyOptions = { on: 'always', secrets: [], retryWaitMs: 1 };

const NTFY = { topic: 'archive', priority: 'low', tags: 'package' };

const mailTo = ({ port }: SmtpServer, login?: { user: string; password: string }) => ({
  server: { host: '127.0.0.1', port, security: 'none' as const, ...(login && { login }) },
  from: 'gex@example.org',
  to: ['ada@example.org', 'bob@example.org'],
});

describe('ntfy', () => {
  it('gets a good run as a POST to the topic with title, priority and tags', async () => {
    const { url, requests } = await startReceiver({ status: 200 });
    const results = await notify(runMessage(GOOD), { ...BASE, ntfy: { ...NTFY, server: url } }, recordingCtx().ctx);
    expect(results).toEqual([{ channel: 'ntfy', to: `${url}/archive`, ok: true }]);
    expect(requests).toHaveLength(1);
    const [{ method, path, headers, body } = { headers: {} }] = requests as [(typeof requests)[number]];
    expect([method, path]).toEqual(['POST', '/archive']);
    expect(headers).toMatchObject({
      title: 'Download Complete: 2025-11-14',
      priority: 'low',
      tags: 'package,white_check_mark',
    });
    expect(headers.authorization).toBeUndefined();
    expect(body).toBe('Total: 15\nSuccess: 15\nSkipped: 0\nNot Found: 0\nDuration: 1m1s');
  });

  it('gets a failed run with high priority, the tag x and the token', async () => {
    const { url, requests } = await startReceiver({ status: 200 });
    const ntfy = { ...NTFY, server: url, token: 'tk_secret' };
    await notify(runMessage(BAD), { ...BASE, ntfy }, recordingCtx().ctx);
    expect(requests[0]?.headers).toMatchObject({
      title: 'Download Failed: 2025-11-14',
      priority: 'high',
      tags: 'package,x',
      authorization: 'Bearer tk_secret',
    });
    expect(requests[0]?.body).toBe(
      'Total: 15\nSuccess: 14\nFailed: 1\nSkipped: 0\nDuration: 1m1s\nError: 1 downloads failed\n2025-11-14/SPX/state/gex_full: answered 500',
    );
  });

  it('gets titles beyond ASCII as words of RFC 2047, none longer than 75 characters, and no line breaks', async () => {
    const { url, requests } = await startReceiver({ status: 200 });
    const title = `Größe der Lücke → 日本 🎉 ${'ü'.repeat(80)}`;
    const message: NotifyMessage = { event: 'test', title: `${title}\r\nX-Evil: 1`, lines: ['é'], dates: [] };
    await notify(message, { ...BASE, ntfy: { ...NTFY, server: url } }, recordingCtx().ctx);
    const words = String(requests[0]?.headers.title).split(' ');
    expect(Math.max(...words.map((word) => word.length))).toBeLessThanOrEqual(75);
    const decoded = words.map((word) =>
      Buffer.from(/^=\?UTF-8\?B\?(.*)\?=$/.exec(word)?.[1] ?? '', 'base64').toString(),
    );
    expect(decoded.join('')).toBe(`${title} X-Evil: 1`);
    expect(requests[0]?.headers['x-evil']).toBeUndefined();
    expect(requests[0]?.body).toBe('é');
  });
});

describe('a webhook', () => {
  it('gets JSON that Slack (text) and Discord (content) understand', async () => {
    const { url, requests } = await startReceiver({ status: 204 });
    const results = await notify(
      runMessage(GOOD),
      { ...BASE, webhook: { url: `${url}/hook/T0/s3cret` } },
      recordingCtx().ctx,
    );
    expect(results).toEqual([{ channel: 'webhook', to: url, ok: true }]);
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/hook/T0/s3cret' });
    const text = 'Download Complete: 2025-11-14\nTotal: 15\nSuccess: 15\nSkipped: 0\nNot Found: 0\nDuration: 1m1s';
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      ...{ schema: 'gex-notify/1', event: 'success', title: 'Download Complete: 2025-11-14', text, content: text },
      lines: text.split('\n').slice(1),
      dates: ['2025-11-14'],
      report: { ...GOOD.counts, durationMs: 61_000 },
    });
  });

  it('gets at most the 2,000 characters of content that Discord takes', async () => {
    const { url, requests } = await startReceiver({ status: 204 });
    const message: NotifyMessage = { event: 'test', title: 't', lines: ['x'.repeat(5000)], dates: [] };
    await notify(message, { ...BASE, webhook: { url } }, recordingCtx().ctx);
    const { text, content } = JSON.parse(requests[0]?.body ?? '');
    expect([text.length, content.length]).toEqual([5002, 2000]);
  });
});

describe('e-mail', () => {
  it('goes to every recipient, in UTF-8', async () => {
    const smtp = await startSmtp();
    const message: NotifyMessage = { event: 'test', title: 'Lücke', lines: ['one', 'two'], dates: [] };
    const results = await notify(message, { ...BASE, email: mailTo(smtp) }, recordingCtx().ctx);
    expect(results).toEqual([{ channel: 'email', to: 'ada@example.org, bob@example.org', ok: true }]);
    const [mail] = smtp.mails;
    expect(mail).toMatchObject({ from: 'gex@example.org', to: ['ada@example.org', 'bob@example.org'] });
    expect(mail?.data).toMatch(/^Subject: =\?UTF-8\?/m);
    expect(mail?.data).toMatch(/\n\none\ntwo\n*$/);
  });

  it('logs in where a user is given', async () => {
    const smtp = await startSmtp({ login: 'ada:pw' });
    const email = mailTo(smtp, { user: 'ada', password: 'pw' });
    const [result] = await notify(runMessage(GOOD), { ...BASE, email }, recordingCtx().ctx);
    expect([result?.ok, smtp.mails[0]?.login]).toEqual([true, 'ada']);
  });

  it('with a refused login is one attempt and one sentence without the password', async () => {
    const smtp = await startSmtp({ login: 'ada:pw' });
    const email = mailTo(smtp, { user: 'ada', password: 'wr0ng' });
    const [result] = await notify(runMessage(GOOD), { ...BASE, email, secrets: ['wr0ng'] }, recordingCtx().ctx);
    expect(result).toMatchObject({ ok: false, error: expect.stringMatching(/535.*; check user and password$/) });
    expect(result?.error).not.toContain('wr0ng');
    expect(smtp.connections()).toBe(1);
  });

  it('is not handed over in clear where STARTTLS is asked for', async () => {
    const smtp = await startSmtp();
    const { server, ...rest } = mailTo(smtp);
    const email = { ...rest, server: { ...server, security: 'starttls' as const } };
    const [result] = await notify(runMessage(GOOD), { ...BASE, email }, recordingCtx().ctx);
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining('STARTTLS') });
    expect(smtp.mails).toEqual([]);
  });

  it('that the server refuses for one recipient is said', async () => {
    const smtp = await startSmtp({ unknown: ['bob@example.org'] });
    const [result] = await notify(runMessage(GOOD), { ...BASE, email: mailTo(smtp) }, recordingCtx().ctx);
    expect(result).toMatchObject({
      ok: false,
      error: expect.stringContaining('refused the recipients bob@example.org'),
    });
    expect(smtp.mails[0]?.to).toEqual(['ada@example.org']);
  });

  it('is tried again after a lost connection, three times in all', async () => {
    const lucky = await startSmtp({ dropFirst: 2 });
    const unlucky = await startSmtp({ dropFirst: 9 });
    const send = (smtp: SmtpServer) => notify(runMessage(GOOD), { ...BASE, email: mailTo(smtp) }, recordingCtx().ctx);
    expect((await send(lucky))[0]?.ok).toBe(true);
    expect((await send(unlucky))[0]?.ok).toBe(false);
    expect([lucky.mails.length, unlucky.connections()]).toEqual([1, 3]);
  });

  it('gives up on a server that says nothing', async () => {
    const smtp = await startSmtp({ silent: true });
    const [result] = await notify(
      runMessage(GOOD),
      { ...BASE, email: mailTo(smtp), timeoutMs: 100 },
      recordingCtx().ctx,
    );
    expect(result).toMatchObject({ ok: false, error: expect.stringMatching(/check host, port and security$/) });
  });
});

describe('a channel that fails', () => {
  it('is a warning and a result, and the others get the message', async () => {
    const { url, requests } = await startReceiver({ status: 200 });
    const down = await startReceiver({ status: 500, body: 'try\nlater' });
    const { ctx, lines } = recordingCtx();
    const options = { ...BASE, ntfy: { ...NTFY, server: down.url }, webhook: { url } };
    const [ntfy, webhook] = await notify(runMessage(GOOD), options, ctx);
    expect(ntfy).toMatchObject({ ok: false, error: `${down.url}: answered 500 (try later); try again later` });
    expect([webhook?.ok, requests.length, down.requests.length]).toEqual([true, 1, 3]);
    expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      `no message by ntfy: ${ntfy?.error}`,
    ]);
  });

  it('gets through when it answers after a 503', async () => {
    const { url, requests } = await startReceiver({ status: 503 }, { status: 200 });
    expect((await notify(runMessage(GOOD), { ...BASE, webhook: { url } }, recordingCtx().ctx))[0]?.ok).toBe(true);
    expect(requests).toHaveLength(2);
  });

  it('is not asked again after a refusal', async () => {
    for (const status of [302, 400, 401, 403, 404]) {
      const { url, requests } = await startReceiver({ status });
      const [result] = await notify(runMessage(GOOD), { ...BASE, webhook: { url } }, recordingCtx().ctx);
      expect([result?.ok, requests.length]).toEqual([false, 1]);
    }
  });

  it('that is silent, or down, is given up', async () => {
    const { url, requests } = await startReceiver('silence');
    const slow = { ...BASE, webhook: { url }, timeoutMs: 100 };
    const [silent] = await notify(runMessage(GOOD), slow, recordingCtx().ctx);
    expect([silent?.error, requests.length]).toEqual([expect.stringContaining('no whole answer within 0.1 s'), 3]);
    const [down] = await notify(
      runMessage(GOOD),
      { ...BASE, webhook: { url: 'http://127.0.0.1:1/x' } },
      recordingCtx().ctx,
    );
    expect(down?.error).toMatch(/^http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
  });

  it('never tells a secret: neither its address, nor what it echoes, nor in the message', async () => {
    const secret = 'hook-s3cret';
    const { url, requests } = await startReceiver({ status: 403, body: `no ${secret}` });
    const { ctx, lines } = recordingCtx();
    const webhook = { url: `${url}/${secret}?token=${secret}` };
    const run = { ...GOOD, error: `refused key ${secret}` };
    const results = await notify(runMessage(run), { ...BASE, webhook, secrets: [secret] }, ctx);
    const dead = { ...BASE, deadMan: { url: `http://127.0.0.1:1/${secret}` }, secrets: [] };
    expect(await pingDeadMan(true, dead, ctx)).toBe(false);
    expect(JSON.stringify([results, lines])).not.toContain(secret);
    expect(requests[0]?.body).toContain('refused key ***');
  });

  it('stops at once when the run is stopped', async () => {
    const { url } = await startReceiver('silence');
    const smtp = await startSmtp({ silent: true });
    const abort = new AbortController();
    const { ctx } = recordingCtx();
    const options = { ...BASE, webhook: { url }, email: mailTo(smtp) };
    const sending = notify(runMessage(GOOD), options, { ...ctx, signal: abort.signal });
    const began = performance.now();
    abort.abort(new Error('stopped'));
    expect((await sending).map(({ ok, error }) => [ok, error])).toEqual([
      [false, 'stopped'],
      [false, 'stopped'],
    ]);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('stops in the middle of a mail, too', async () => {
    const smtp = await startSmtp({ silent: true });
    const abort = new AbortController();
    const { ctx } = recordingCtx();
    const sending = notify(runMessage(GOOD), { ...BASE, email: mailTo(smtp) }, { ...ctx, signal: abort.signal });
    await expect.poll(smtp.connections).toBe(1);
    const began = performance.now();
    abort.abort(new Error('stopped'));
    expect(await sending).toMatchObject([{ ok: false, error: 'stopped' }]);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe('NOTIFY_ON=failure', () => {
  it('is silent about good runs, and tells of failures and of what works again', async () => {
    const { url, requests } = await startReceiver({ status: 200 });
    const options: NotifyOptions = { ...BASE, on: 'failure', webhook: { url } };
    const { ctx } = recordingCtx();
    expect(await notify(runMessage(GOOD), options, ctx)).toEqual([]);
    await notify(runMessage(BAD), options, ctx);
    await notify(runMessage({ ...GOOD, recovered: true }), options, ctx);
    expect(requests.map(({ body }) => JSON.parse(body).event)).toEqual(['failure', 'recovered']);
  });
});

describe('the dead-man monitor', () => {
  it.each([
    ['/fail', '/ping/abc?x=1', '/ping/abc/fail?x=1'],
    ['?status=down', '/push/abc?status=up&msg=OK', '/push/abc?status=down&msg=OK'],
  ])('is asked with %s added after a failed run', async (failSuffix, path, failPath) => {
    const { url, requests } = await startReceiver({ status: 200 });
    const options = { ...BASE, on: 'failure' as const, deadMan: { url: `${url}${path}`, failSuffix } };
    const { ctx } = recordingCtx();
    await notifyRun(GOOD, options, ctx);
    await notifyRun(BAD, options, ctx);
    expect(requests.map((request) => [request.method, request.path])).toEqual([
      ['GET', path],
      ['GET', failPath],
    ]);
  });

  it('without a suffix hears of good runs only', async () => {
    const { url, requests } = await startReceiver({ status: 200 });
    const { ctx } = recordingCtx();
    const options = { ...BASE, deadMan: { url } };
    expect([await pingDeadMan(false, options, ctx), await pingDeadMan(true, options, ctx)]).toEqual([false, true]);
    expect(requests).toHaveLength(1);
  });

  it('that is down is a warning', async () => {
    const { url } = await startReceiver({ status: 500 });
    const { ctx, lines } = recordingCtx();
    expect(await pingDeadMan(true, { ...BASE, deadMan: { url } }, ctx)).toBe(false);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('answered 500') });
  });
});
