import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { orderTools } from '../../src/cli/reload-tools.ts';
import type { Opened } from '../supervisor/admin/opened.ts';
import { offer, openOffered, toolEntry } from './offered-tools.ts';

const toolGeneration = '0123456789abcdef';
const OLD = [toolEntry('greet', 'Greets'), toolEntry('old', 'Is old')];
const NEW = [toolEntry('greet', 'Greets you'), toolEntry('area', 'Multiplies')];

/** Lets something happen as soon as an order comes. */
function onOrder({ source }: Opened, happen: () => void): void {
  const { orders } = source;
  Object.assign(source, {
    reloadTools: () => {
      orders.push('reload tools');
      setImmediate(happen);
      return source.outcome;
    },
  });
}

suite('holdfast tools reload', () => {
  test('says what has changed when it is served', async () => {
    const { opened, terminal } = await openOffered({}, ...OLD);
    await using supervisor = opened;
    // What an earlier order came to is none of ours.
    opened.events.add({ type: 'tools_reload_failed', toolGeneration, faults: [], tookMs: 1 });
    onOrder(supervisor, () => {
      offer(supervisor, ...NEW);
      supervisor.events.add({ type: 'tools_reload_started', toolGeneration });
      supervisor.events.add({
        type: 'tools_reloaded',
        toolGeneration,
        lists: ['tools'],
        tookMs: 1,
      });
    });
    assert.equal(await orderTools('reload', {}, terminal), 0);
    assert.equal(
      terminal.printed(),
      'changed tool greet\nnew tool area\ngone tool old\ngeneration 0123456789abcdef is served\n',
    );
    assert.deepEqual(supervisor.source.orders, ['reload tools']);
  });

  test('says so where nothing has', async () => {
    const { opened, terminal } = await openOffered({}, ...OLD);
    await using supervisor = opened;
    onOrder(supervisor, () => {
      supervisor.events.add({ type: 'tools_unchanged', toolGeneration, tookMs: 1 });
    });
    assert.equal(await orderTools('reload', {}, terminal), 0);
    assert.equal(
      terminal.printed(),
      'nothing has changed\ngeneration 0123456789abcdef is served\n',
    );
  });

  test('prints each fault in a line, and ends with 5', async () => {
    const { opened, terminal } = await openOffered({ workingFolder: '/home' }, ...OLD);
    await using supervisor = opened;
    const faults = [
      { file: '/home/tools/a.ts', line: 3, column: 7, subject: 'area', message: 'No\nname' },
      { file: '/else/b.ts', line: 1, column: undefined, subject: undefined, message: 'Odd' },
      { file: undefined, line: undefined, column: undefined, subject: undefined, message: 'Late' },
    ];
    onOrder(supervisor, () => {
      supervisor.events.add({ type: 'tools_reload_failed', toolGeneration, faults, tookMs: 1 });
    });
    assert.equal(await orderTools('reload', {}, terminal), 5);
    assert.equal(terminal.printed(), 'tools/a.ts:3:7 area: No name\n/else/b.ts:1 Odd\nLate\n');
    assert.match(terminal.complained(), /^holdfast: Nothing has changed/);
  });

  test('says why it is not carried out (5), and that it may not order (3)', async () => {
    const { opened, terminal } = await openOffered({}, ...OLD);
    await using supervisor = opened;
    supervisor.source.outcome = 'busy';
    assert.equal(await orderTools('reload', {}, terminal), 5);
    assert.equal(terminal.complained(), 'holdfast: Another order is being carried out.\n');
    const stranger = { ...terminal, env: { ...terminal.env, MCP_ADMIN_TOKEN: 'another' } };
    assert.equal(await orderTools('reload', {}, stranger), 3);
    assert.equal(terminal.printed(), '');
  });

  test('waits for the end no longer than it should (4)', async () => {
    const { opened, terminal } = await openOffered({}, ...OLD);
    await using _opened = opened;
    assert.equal(await orderTools('reload', { outcomeMs: 50 }, terminal), 4);
    assert.match(terminal.complained(), /^holdfast: It has not ended within 50 ms\. It may still/);
  });
});

suite('holdfast tools rollback', () => {
  test('says that nothing was served before (5)', async () => {
    const { opened, terminal } = await openOffered({}, ...OLD);
    await using supervisor = opened;
    supervisor.source.outcome = 'no-previous';
    assert.equal(await orderTools('rollback', {}, terminal), 5);
    assert.equal(terminal.complained(), 'holdfast: No tools were served before these.\n');
    assert.deepEqual(supervisor.source.orders, ['roll back tools']);
  });
});
