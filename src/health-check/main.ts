/**
 * What the HEALTHCHECK of a container runs, every 30 s: it asks our supervisor whether we are ready,
 * says the answer in one line, and ends with 0 or 1. It loads nothing but Node, so as to be quick.
 */
import type { IncomingMessage } from 'node:http';

/** To import it would load much that it only offers. */
const { get } = process.getBuiltinModule('node:http');
/** Below the 10 s that Docker waits: what we say ourselves is more than what it says of us. */
const DEADLINE_MS = 5_000;
const READY = 200;
/** What Docker keeps of an answer is one line in a list. */
const REASON_CHARACTERS_MAX = 300;
/** An address to listen on everywhere is none to connect to. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

const listensOn = process.env.MCP_ADMIN_HOST || '127.0.0.1';
const host = LOOPBACK[listensOn] ?? listensOn;
const port = process.env.MCP_ADMIN_PORT || '9090';

const deadline = AbortSignal.timeout(DEADLINE_MS);

try {
  const { status, body } = await ask();
  process.stdout.write(status === READY ? 'ready\n' : `not ready: ${status} ${body}\n`);
  process.exitCode = status === READY ? 0 : 1;
} catch (error) {
  process.stdout.write(`not ready: no answer from ${host}:${port}, ${explain(error)}\n`);
  process.exitCode = 1;
}

async function ask(): Promise<{ readonly status: number; readonly body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get({ host, port, path: '/readyz', agent: false, signal: deadline }, resolve).once(
    'error',
    reject,
  );
  const response = await promise;
  let body = '';
  for await (const text of response.setEncoding('utf8')) {
    body += String(text);
    if (body.length > REASON_CHARACTERS_MAX) break;
  }
  const line = body.replaceAll(/\s+/g, ' ').trim().slice(0, REASON_CHARACTERS_MAX);
  return { status: response.statusCode ?? 0, body: line };
}

function explain(error: unknown): string {
  if (deadline.aborted) return `waited ${DEADLINE_MS} ms`;
  return error instanceof Error ? error.message : String(error);
}
