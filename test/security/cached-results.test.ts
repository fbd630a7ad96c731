/** What tools answered is answered again, and to nobody else: at two workers and one that asks nobody who it is, with one Redis. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { identityOf } from '../../src/worker/domain/principal.ts';
import { type CachePolicy, defineTool, type Tool } from '../../src/worker/tools/tool.ts';
import { ToolError } from '../../src/worker/tools/tool-error.ts';
import { Agent } from '../agent.ts';
import { AuthorizationServer } from '../support/authorization-server.ts';
import { bearing } from './callers.ts';
import { openWorkers } from './workers.ts';

const AUDIENCE = 'https://mcp.example/mcp';
const TOOLS = 12;
const ARGUMENTS = 4;
/** Of each identity, at each worker. */
const LANES = 4;
const CALLS = 100;
const TTLS_MS = [1, 20, 60_000];
/** Answers of tools that are kept for long, less what fails. */
const AGAIN_MIN = 1_000;
const PUBLIC = 'for anybody';

/** Tools that say for whom they ran, and when. What is public has no business to know. */
function makeTools(): readonly Tool[] {
  let runs = 0;
  return Array.from({ length: TOOLS }, (_none, index) => {
    const isPublic = index % 2 === 0;
    const cache: CachePolicy = {
      ttlMs: TTLS_MS[index % TTLS_MS.length] ?? 1,
      public: isPublic,
      ...(index < TOOLS / 2 ? {} : { staleMs: 60_000 }),
    };
    return defineTool({
      name: `tool-${index}`,
      description: 'Says for whom it runs.',
      annotations: { readOnlyHint: true },
      cache,
      input: { type: 'object' },
      run: async (_given, { principal }) => {
        runs += 1;
        const run = runs;
        if (run % 3 === 0) await sleep(Math.random() * 10);
        const who = isPublic && principal.id === 'anybody' ? PUBLIC : identityOf(principal);
        // A failure is told to who ran into it, and to nobody else.
        if (run % 7 === 0) throw new ToolError(`${who} run ${run}`);
        return `${who} run ${run}`;
      },
    });
  });
}

interface Caller {
  readonly who: string;
  readonly agents: readonly Agent[];
}

interface Told {
  readonly caller: Caller;
  readonly tool: string;
  readonly text: string;
}

/** All that callers are told, who all ask for the same things at once. */
async function ask(callers: readonly Caller[]): Promise<readonly Told[]> {
  const lanes = callers.flatMap((caller) =>
    caller.agents.flatMap((agent) => Array.from({ length: LANES }, () => ({ caller, agent }))),
  );
  const told = await Promise.all(
    lanes.map(async ({ caller, agent }) => {
      const heard: Told[] = [];
      for (let call = 0; call < CALLS; call += 1) {
        const tool = `tool-${Math.floor(Math.random() * TOOLS)}`;
        const given = { about: Math.floor(Math.random() * ARGUMENTS) };
        // oxlint-disable-next-line no-await-in-loop -- one after the other, in each lane
        const { result } = await agent.call(tool, given);
        heard.push({ caller, tool, text: result?.content?.[0]?.text ?? '' });
      }
      return heard;
    }),
  );
  return told.flat();
}

suite('what tools answered', () => {
  test('is answered again to who may have it, and to no other identity, in thousands of calls (S42)', {
    timeout: 120_000,
  }, async () => {
    await using opened = new AsyncDisposableStack();
    const issuer = opened.use(await AuthorizationServer.open({ audience: AUDIENCE }));
    const tools = makeTools();
    const open = opened.use(await openWorkers({ tools }, { MCP_AUTH: 'none' }));
    const workers = opened.use(
      await openWorkers(
        { tools },
        { MCP_JWT_ISSUERS: issuer.issuer, MCP_JWT_AUDIENCE: AUDIENCE, MCP_JWT_SCOPES: 'a,b' },
        2,
      ),
    );
    const connect = async (who: string, ports: readonly number[], shown = ''): Promise<Caller> => {
      const headers = shown === '' ? {} : bearing(shown);
      const agents = await Promise.all(
        ports.map((port) => Agent.connectTo(`ws://127.0.0.1:${port}/mcp`, { headers })),
      );
      for (const agent of agents) opened.use(agent);
      return { who, agents };
    };
    const withKey = async (principal: string, scopes: readonly string[]): Promise<Caller> => {
      const { text } = await workers.makeKey({ principal, scopes });
      const who = identityOf({ id: `key:${principal}`, scopes: new Set(scopes) });
      return connect(who, workers.ports, text);
    };
    const withToken = (sub: string, scope: string): Promise<Caller> => {
      const who = identityOf({
        id: `jwt:${issuer.issuer} ${sub}`,
        scopes: new Set(scope.split(' ')),
      });
      return connect(who, workers.ports, issuer.issue({ sub, scope }));
    };
    const callers = [
      await withKey('acme', ['a']),
      await withKey('acme', ['a', 'b']),
      await withKey('bolt', ['a']),
      await withToken('acme', 'a'),
      await withToken('acme', 'b'),
      await withToken('bolt', 'a'),
      await connect(identityOf({ id: 'anonymous', scopes: 'all' }), open.ports),
    ];
    const told = await ask(callers);

    assert.ok(told.length > 5_000, `${told.length} calls`);
    const crossed = told.filter(({ caller, tool, text }) => {
      const isPublic = Number(tool.slice('tool-'.length)) % 2 === 0;
      return !text.startsWith(`${isPublic ? PUBLIC : caller.who} run `);
    });
    assert.deepEqual(
      crossed.slice(0, 3).map(({ caller: { who }, tool, text }) => ({ who, tool, text })),
      [],
    );
    // Else nothing is shown: many were answered again, and public ones to several.
    const runs = new Map<string, Set<string>>();
    for (const { caller, text } of told) {
      runs.set(text, (runs.get(text) ?? new Set()).add(caller.who));
    }
    assert.ok(told.length - runs.size > AGAIN_MIN, `${runs.size} runs for ${told.length} calls`);
    for (const [text, heardBy] of runs) {
      if (!text.startsWith(PUBLIC)) assert.equal(heardBy.size, 1, text);
    }
    const shared = [...runs].filter(
      ([text, heardBy]) => text.startsWith(PUBLIC) && heardBy.size > 1,
    );
    assert.ok(shared.length > 0);
  });
});
