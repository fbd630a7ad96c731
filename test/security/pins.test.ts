/** What an operator approved is what agents get, whatever becomes of it later. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';

import { listPinned, pinTools } from '../../src/cli/pins.ts';
import { Agent } from '../agent.ts';
import { openTerminal } from '../cli/terminal.ts';
import { program } from '../mounted/mounted.ts';
import { createDatabase } from '../postgres.ts';
import { makeTools } from '../process/edited-tools.ts';
import { type Holdfast, startHoldfast, suiteServers } from '../process/holdfast.ts';
import { Operator, type Told } from '../process/operator.ts';

const timeout = 180_000;
/** Others may be using the machine. */
const patience = { timeout: 60_000, interval: 50 };
const CHANGED = 'notifications/tools/list_changed';
const HELD_BACK = 'tool is held back until it is approved';

const unpinned = (version: number): string => `import { defineTool } from 'mcp-holdfast';

export const other = defineTool({
  name: 'other', description: 'Is ${version}.', run: async () => 'other ${version}',
});
`;

async function listedBy(agent: Agent): Promise<Readonly<Record<string, string>>> {
  const { result }: Told = await agent.request('tools/list', {});
  return Object.fromEntries(result.tools.map(({ name, description }: Told) => [name, description]));
}

/** The tools that are held back, as the log and the metrics have it. */
async function assertSaid(t: TestContext, holdfast: Holdfast, tool: string): Promise<void> {
  await t.waitFor(() => {
    const line = holdfast.log().find(({ message }) => message === HELD_BACK);
    assert.deepEqual([line?.level, line?.tool], ['warn', tool]);
  }, patience);
  await t.waitFor(async () => assert.equal(await heldBackOf(holdfast), 1), patience);
}

async function heldBackOf({ stateFolder }: Holdfast): Promise<number> {
  const metrics = await new Operator(stateFolder).read('/metrics');
  const values = [...metrics.matchAll(/^mcp_tools_held_back(?:\{[^}]*\})? (\d+)$/gm)];
  assert.ok(values.length > 0);
  return Math.max(...values.map(([, value]) => Number(value)));
}

suite('a tool that was approved', { concurrency: 1 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = (folder: string): Holdfast =>
    startHoldfast({
      env: {
        ...suiteServers(database.url),
        MCP_WORKERS: '1',
        MCP_TOOLS: folder,
        MCP_WATCH: 'false',
        MCP_SUPERVISOR_BOOT_MS: '90000',
      },
    });
  const terminalOf = ({ stateFolder }: Holdfast) =>
    openTerminal({ env: { DATABASE_URL: database.url, MCP_STATE_DIR: stateFolder } });

  test('and whose file tells something else by now is held back until that is approved (S48)', {
    timeout,
  }, async (t) => {
    using tools = makeTools();
    const other = join(tools.folder, 'other.ts');
    tools.save(1);
    writeFileSync(other, unpinned(1));
    await using holdfast = start(tools.folder);
    await using agent = await Agent.connect(await holdfast.serving);
    const terminal = terminalOf(holdfast);
    await t.waitFor(async () => {
      assert.equal(await pinTools(['tells_version'], {}, terminal), 0);
    }, patience);
    assert.equal(terminal.printed(), 'tells_version: approved for the first time\n');
    const told = agent.notified(CHANGED);
    tools.save(2);
    writeFileSync(other, unpinned(2));
    assert.equal(
      (await new Operator(holdfast.stateFolder).order('/supervisor/tools/reload')).status,
      202,
    );
    await told;
    await t.waitFor(
      async () => assert.deepEqual(await listedBy(agent), { other: 'Is 2.' }),
      patience,
    );
    const { error } = await agent.call('tells_version');
    assert.equal(error?.code, -32602);
    const { result } = await agent.call('other');
    assert.equal(
      result?.content?.[0]?.text,
      'other 2',
      'who was never approved is as free as before',
    );
    await assertSaid(t, holdfast, 'tells_version');
    assert.equal(await listPinned({ json: true }, terminal), 0);
    const changes = [
      '- description: "Tells that it is of version 1."',
      '+ description: "Tells that it is of version 2."',
    ];
    assert.partialDeepStrictEqual(JSON.parse(terminal.printed()), [
      { name: 'tells_version', state: 'held back', changes },
    ]);
    const back = agent.notified(CHANGED);
    assert.equal(await pinTools(['tells_version'], {}, terminal), 0);
    const [first, ...lines] = terminal.printed().trimEnd().split('\n');
    assert.deepEqual(
      [first, ...lines.map((line) => line.trim())],
      ['tells_version: changed', ...changes],
    );
    await back;
    const again = await agent.call('tells_version');
    assert.equal(again.result?.structuredContent?.version, 2);
    await t.waitFor(async () => assert.equal(await heldBackOf(holdfast), 0), patience);
  });

  test('and whose server tells something else while it runs is held back until that is approved (S48)', {
    timeout,
  }, async (t) => {
    using tools = makeTools();
    writeFileSync(
      join(tools.folder, 'servers.json'),
      JSON.stringify({ mcpServers: { bank: program('changeling.ts') } }),
    );
    await using holdfast = start(tools.folder);
    await using agent = await Agent.connect(await holdfast.serving);
    await t.waitFor(async () => assert.ok((await listedBy(agent)).bank_pay), patience);
    const terminal = terminalOf(holdfast);
    await t.waitFor(async () => {
      assert.equal(await pinTools(['bank_pay'], {}, terminal), 0);
    }, patience);
    const told = agent.notified(CHANGED);
    await agent.call('bank_turn');
    await told;
    await t.waitFor(async () => {
      assert.deepEqual(Object.keys(await listedBy(agent)), ['bank_turn']);
    }, patience);
    assert.equal((await agent.call('bank_pay')).error?.code, -32602);
    await assertSaid(t, holdfast, 'bank_pay');
    terminal.printed();
    const back = agent.notified(CHANGED);
    assert.equal(await pinTools([], { all: true, dryRun: true }, terminal), 0);
    assert.match(terminal.printed(), /^bank_pay: changed\n.*\n {2}\+ description: ".*id_rsa.*"$/m);
    assert.deepEqual(Object.keys(await listedBy(agent)), ['bank_turn'], 'nothing was approved yet');
    assert.equal(await pinTools(['bank_pay'], {}, terminal), 0);
    await back;
    assert.equal((await agent.call('bank_pay')).result?.content?.[0]?.text, 'paid');
  });
});
