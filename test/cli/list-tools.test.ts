import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { listTools } from '../../src/cli/list-tools.ts';
import { pinTool } from '../../src/worker/store/tool-pins.ts';
import { openMigrated } from '../worker/store/migrated.ts';
import { openOffered, toolEntry } from './offered-tools.ts';
import { openTerminal } from './terminal.ts';

const RESOURCE = toolEntry('note://1', 'A note', { kind: 'resource', told: undefined });

suite('holdfast tools list', () => {
  test('prints one JSON document for a program, with what agents are told', async () => {
    const { opened, terminal } = await openOffered({}, toolEntry('greet', 'Greets'), RESOURCE);
    await using _opened = opened;
    assert.equal(await listTools({}, terminal), 0);
    const [greet, note] = JSON.parse(terminal.printed());
    assert.deepEqual(greet, { ...toolEntry('greet', 'Greets'), scope: null });
    assert.deepEqual([note.kind, note.name, note.told], ['resource', 'note://1', null]);
  });

  test('shows a table on a terminal, with what is held back where the database says so', async () => {
    await using migrated = await openMigrated();
    await pinTool(migrated.admin, { name: 'pay', definition: 'as it was', told: {} });
    const { opened, terminal } = await openOffered(
      { env: { DATABASE_URL: migrated.url }, columns: 100 },
      toolEntry('greet', 'Greets', { scope: 'notes' }),
      toolEntry('pay', 'Pays', { source: 'bank\u001b[2J' }),
    );
    await using _opened = opened;
    assert.equal(await listTools({}, terminal), 0);
    const [heading, greet, pay] = terminal.printed().split('\n');
    assert.match(heading ?? '', /^NAME +KIND +SCOPE +STATE +SOURCE$/);
    assert.match(greet ?? '', /^greet +tool +notes +listed +\/tools\/a\.ts$/);
    assert.match(pay ?? '', /^pay +tool +– +held back +bank$/);
    assert.equal(await listTools({ json: true }, terminal), 0);
    const heldBack = JSON.parse(terminal.printed()).map((entry: object) => Object(entry).heldBack);
    assert.deepEqual(heldBack, [false, true]);
  });

  test('says that nobody answers (4), and that nothing was loaded yet (4)', async () => {
    const away = openTerminal({ env: { MCP_ADMIN_PORT: '1', MCP_STATE_DIR: '/nowhere' } });
    assert.equal(await listTools({}, away), 4);
    assert.match(away.complained(), /^holdfast: Nobody answers at http:\/\/127\.0\.0\.1:1 /);
    const { opened, terminal } = await openOffered({});
    await using starting = opened;
    starting.source.details = { ...starting.source.details, proof: undefined };
    assert.equal(await listTools({}, terminal), 4);
    assert.match(terminal.complained(), /^holdfast: No worker has loaded the tools yet\. /);
    assert.equal(terminal.printed(), '');
  });
});
