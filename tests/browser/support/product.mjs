/** The product itself, started from its binary in an empty place, and its outbox. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BINARY = process.env.LOCAL_BIN ?? join(ROOT, 'target/debug/local');
const START_TIMEOUT_MILLISECONDS = 60_000;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts the product and waits until it is healthy. */
export async function startProduct() {
  const data = await mkdtemp(join(tmpdir(), 'browser-'));
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), LOCAL_AWS_PORT: String(await freePort()), LOCAL_DATA: data };
  env.NOTICE_DELAY_SECONDS ??= '0';
  const child = spawn(BINARY, ['run'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  let hasEnded = false;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log = (log + text).slice(-20_000)));
  child.on('error', (error) => (log += String(error)));
  child.on('exit', () => (hasEnded = true));
  const origin = `http://localhost:${port}`;

  const deadline = Date.now() + START_TIMEOUT_MILLISECONDS;
  for (;;) {
    const isHealthy = await fetch(`${origin}/v1/health`).then((answer) => answer.ok, () => false);
    if (isHealthy) break;
    if (hasEnded || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the product did not start (${BINARY}):\n${log}`);
    }
    await sleep(100);
  }

  return {
    origin,
    log: () => log,
    async stop() {
      if (!hasEnded) {
        const ended = new Promise((resolve) => child.on('exit', resolve));
        child.kill('SIGINT');
        await Promise.race([ended, sleep(10_000).then(() => child.kill('SIGKILL'))]);
      }
      await rm(data, { recursive: true, force: true });
    },
    /** Everything sent so far, oldest first. */
    async outbox() {
      return (await fetch(`${origin}/outbox.json`)).json();
    },
    /** The newest thing sent to an address that fits, once more than `after` were sent to it. */
    async sentTo(address, after = 0, fits = () => true) {
      const end = Date.now() + 20_000;
      for (;;) {
        const sent = (await this.outbox()).filter((one) => [one.to].flat().includes(address));
        const fresh = sent.slice(after).filter(fits);
        if (fresh.length > 0) return fresh[fresh.length - 1];
        if (Date.now() > end) throw new Error(`nothing came to ${address} within 20 s`);
        await sleep(50);
      }
    },
    /** How many things were sent to an address. */
    async countTo(address) {
      return (await this.outbox()).filter((one) => [one.to].flat().includes(address)).length;
    },
  };
}

const LINK = /https?:\/\/[^\s<>"]+\/(?:l|n)(?:\?[^\s#<>"]*)?#t=[A-Za-z0-9_-]+/;
const CODE = /(?:^|[\s#])(\d{8})(?:\s|$)/m;

/** Fits messages of an asked-for sign-in. */
export const hasCode = (sent) => CODE.test(sent.text);
/** Fits notices. */
export const isNotice = (sent) => /\/n\?/.test(sent.text);

/** The link of a mail or text: `/l#t=…` or `/n?l=…#t=…`. */
export function linkIn(sent) {
  const link = LINK.exec(sent.text);
  if (link === null) throw new Error(`no link in: ${sent.text}`);
  return link[0];
}

/** The 8-digit code of a mail or text. */
export function codeIn(sent) {
  const code = CODE.exec(sent.text);
  if (code === null) throw new Error(`no code in: ${sent.text}`);
  return code[1];
}
