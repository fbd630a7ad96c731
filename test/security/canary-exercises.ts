/** Shows, uses and loses secrets in every way there is. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import type { Canary } from './canaries.ts';
import type { CanaryRun } from './canary-run.ts';

const bearer = (shown: string) => ({ authorization: `Bearer ${shown}` });

/** All that must not turn up. */
export interface Secrets {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly adminToken: string;
  readonly firstKey: string;
  readonly jwt: string;
  /** Keys and tokens that nobody knows. */
  readonly wrongKey: string;
  readonly wrongJwt: string;
  readonly argument: string;
}

/** Shows them wherever something can be shown, good or bad. Resolves with a ticket that was issued. */
export async function login(run: CanaryRun, secrets: Secrets): Promise<string> {
  const { firstKey, jwt, wrongKey, wrongJwt } = secrets;
  const list = { method: 'tools/list', params: {} };
  for (const shown of [firstKey, jwt, wrongKey, wrongJwt]) {
    await run.post('/mcp', bearer(shown), list);
    await run.post('/mcp', { authorization: `Basic ${shown}` }, list);
    await run.post(`/mcp?access_token=${shown}`, {}, list);
    await run.post(`/nowhere/${shown}`, bearer(shown), list);
    await run.post('/mcp', { ...bearer(firstKey), 'mcp-session-id': shown }, list);
    await run.socket('/mcp', { headers: bearer(shown) });
    await run.socket(`/mcp?access_token=${shown}`, {});
    await run.socket(`/mcp?ticket=${shown}`, {});
    await run.socket('/mcp', { subprotocols: ['mcp', `mcp.auth.${shown}`] });
    await run.socket('/mcp', { subprotocols: [`mcp.auth.${shown}`] });
  }
  const issued = await run.post('/mcp/ticket', bearer(firstKey), {});
  const [, ticket = assert.fail(issued)] = /"ticket":"([^"]+)"/.exec(issued) ?? [];
  for (const _ of ['good', 'used']) await run.socket(`/mcp?ticket=${ticket}`, {});
  return ticket;
}

/** Calls that succeed, fail, and end their worker. */
export async function call(run: CanaryRun, { firstKey, jwt, argument }: Secrets): Promise<void> {
  const given = { secret: argument };
  for (const shown of [firstKey, jwt]) {
    assert.match(await run.call(shown, 'takes', given), /result-/);
    assert.match(await run.callInSession(shown, 'takes', given), /result-/);
    await run.call(shown, 'takes', { secret: [argument] });
    await run.call(shown, 'takes', { secret: argument, [argument]: 1 });
    await run.call(shown, 'throws_secrets', { secret: shown });
    await run.callInSession(shown, 'throws_secrets', { secret: shown });
    const calls = [
      ['takes', given],
      ['takes', { [argument]: argument }],
      ['throws_secrets', { secret: shown }],
      ['nothing_of_the_kind', given],
    ] as const;
    assert.match(await run.socket('/mcp', { headers: bearer(shown) }, ...calls), /result-/);
  }
}

/** One is killed, and one throws what nobody catches. */
export async function loseWorkers(
  run: CanaryRun,
  { firstKey }: Secrets,
  t: TestContext,
): Promise<void> {
  const pid = async (): Promise<number> => {
    const [, found] = /"text":"(\d+)"/.exec(await run.call(firstKey, 'who_serves', {})) ?? [];
    assert.ok(found !== undefined);
    return Number(found);
  };
  process.kill(await pid(), 'SIGKILL');
  await t.waitFor(pid, { interval: 100, timeout: 15_000 });
  await run.call(firstKey, 'crashes', { secret: firstKey });
  await t.waitFor(pid, { interval: 100, timeout: 15_000 });
}

/** Runs all commands, with what is right and with what is wrong. Resolves with a key that was created. */
export async function command(
  run: CanaryRun,
  { databaseUrl, adminToken }: Secrets,
  stateFolder: string,
) {
  const env = {
    DATABASE_URL: databaseUrl,
    MCP_STATE_DIR: stateFolder,
    MCP_ADMIN_TOKEN: adminToken,
  };
  const created = await run.command(env, 'token', 'create', 'ann');
  const [key = assert.fail(created)] = /hf_live_\w+/.exec(created) ?? [];
  for (const words of ['token list', 'sessions list', 'audit', 'state --json']) {
    await run.command(env, ...words.split(' '));
  }
  const wrong = { ...env, DATABASE_URL: withPassword(databaseUrl, 'wrong'), MCP_ADMIN_TOKEN: key };
  for (const words of ['token list', 'sessions list', 'audit', 'state --json']) {
    await run.command(wrong, ...words.split(' '));
  }
  return key;
}

export function withPassword(url: string, password: string): string {
  const other = new URL(url);
  other.password = password;
  return other.href;
}

/** What is looked for. */
export function canariesOf(
  secrets: Secrets,
  ticket: string,
  createdKey: string,
): readonly Canary[] {
  const { jwt, wrongJwt, argument } = secrets;
  return [
    ...keyCanaries('the first key', secrets.firstKey),
    ...keyCanaries('a key that nobody knows', secrets.wrongKey),
    ...keyCanaries('a key that was created', createdKey, ['command token create']),
    { name: 'a token', secret: jwt },
    { name: "a token's signature", secret: jwt.split('.')[2] ?? '' },
    { name: 'a token that nobody knows', secret: wrongJwt },
    { name: 'the ticket', secret: ticket, belongsIn: ['http /mcp/ticket'] },
    { name: 'the password of Postgres', secret: passwordOf(secrets.databaseUrl) },
    { name: 'the password of Redis', secret: passwordOf(secrets.redisUrl) },
    { name: "the operators' token", secret: secrets.adminToken },
    { name: 'an argument', secret: argument },
    {
      name: 'a result',
      secret: `result-${argument.split('-')[1]}`,
      // Whoever called is answered, and the stream of an answer is kept until it is fetched.
      belongsIn: ['http /mcp', 'websocket /mcp', 'redis'],
    },
  ];
}

function keyCanaries(name: string, key: string, belongsIn: readonly string[] = []): Canary[] {
  const secret = key.slice('hf_live_'.length + 12, -6);
  return [
    { name, secret: key, belongsIn },
    { name: `${name}'s secret part`, secret, belongsIn },
  ];
}

function passwordOf(url: string): string {
  return decodeURIComponent(new URL(url).password);
}
