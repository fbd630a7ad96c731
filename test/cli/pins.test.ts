import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { listPinned, pinTools, unpinTools } from '../../src/cli/pins.ts';
import { toldChanges } from '../../src/cli/told-changes.ts';
import { type Migrated, openMigrated } from '../worker/store/migrated.ts';
import { offer, openOffered, toolEntry } from './offered-tools.ts';

const PAY = toolEntry('pay', 'Pays');
const GREET = toolEntry('greet', 'Greets');

async function auditOf({ admin }: Migrated): Promise<readonly unknown[]> {
  const { rows } = await admin.query(
    'select action, subject from holdfast.audit order by at, subject',
  );
  return rows;
}

async function openBoth(migrated: Migrated, columns?: number) {
  const env = { DATABASE_URL: migrated.url };
  return openOffered({ env, ...(columns === undefined ? {} : { columns }) }, PAY, GREET);
}

suite('holdfast tools pin', () => {
  test('approves tools as they are, says what has changed since, and writes down that it did', async () => {
    await using migrated = await openMigrated();
    const { opened, terminal } = await openBoth(migrated);
    await using supervisor = opened;
    assert.equal(await pinTools([], { all: true }, terminal), 0);
    assert.equal(
      terminal.printed(),
      'pay: approved for the first time\ngreet: approved for the first time\n',
    );
    offer(supervisor, toolEntry('pay', 'Pays all'), GREET);
    assert.equal(await pinTools(['pay', 'greet'], {}, terminal), 0);
    assert.equal(
      terminal.printed(),
      'pay: changed\n  - description: "Pays"\n  + description: "Pays all"\ngreet: as it was approved\n',
    );
    const action = 'tools pin';
    assert.deepEqual(await auditOf(migrated), [
      { action, subject: 'greet' },
      { action, subject: 'pay' },
      { action, subject: 'pay' },
    ]);
  });

  test('changes nothing in a dry run, nor where one of the names is unknown', async () => {
    await using migrated = await openMigrated();
    const { opened, terminal } = await openBoth(migrated);
    await using _opened = opened;
    assert.equal(await pinTools(['pay'], { dryRun: true }, terminal), 0);
    assert.equal(await pinTools(['pay', 'nobody'], {}, terminal), 1);
    assert.match(terminal.complained(), /There is no tool nobody\. See "holdfast tools list"\.\n$/);
    for (const [names, all] of [
      [[], false],
      [['pay'], true],
    ] as const) {
      assert.equal(await pinTools(names, { all }, terminal), 1);
    }
    terminal.printed();
    assert.equal(await listPinned({}, terminal), 0);
    assert.deepEqual(JSON.parse(terminal.printed()), []);
    assert.deepEqual(await auditOf(migrated), []);
  });
});

suite('holdfast tools pins', () => {
  test('lists what is as approved, held back, and not there any more', async () => {
    await using migrated = await openMigrated();
    const { opened, terminal } = await openBoth(migrated, 200);
    await using supervisor = opened;
    offer(supervisor, PAY, GREET, toolEntry('old', 'Is old'));
    await pinTools([], { all: true }, terminal);
    offer(supervisor, toolEntry('pay', 'Pays all'), GREET);
    terminal.printed();
    assert.equal(await listPinned({}, terminal), 0);
    const rows = terminal.printed().split('\n');
    const date = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d';
    for (const [index, pattern] of [
      '^NAME +STATE +APPROVED +CHANGES$',
      `^greet +as approved +${date}$`,
      `^old +not there any more +${date}$`,
      `^pay +held back +${date} +- description: "Pays" {2}\\+ description: "Pays all"$`,
    ].entries()) {
      assert.match(rows[index] ?? '', new RegExp(pattern));
    }
  });

  test('lists them where nobody answers, too', async () => {
    await using migrated = await openMigrated();
    const { opened, terminal } = await openBoth(migrated);
    await using _opened = opened;
    await pinTools(['pay'], {}, terminal);
    terminal.printed();
    assert.equal(await listPinned({ url: 'http://127.0.0.1:1' }, terminal), 0);
    assert.partialDeepStrictEqual(JSON.parse(terminal.printed()), [
      { name: 'pay', state: 'unknown' },
    ]);
    assert.match(terminal.complained(), /Nobody answers/);
  });
});

suite('holdfast tools unpin', () => {
  test('forgets a pin, once', async () => {
    await using migrated = await openMigrated();
    const { opened, terminal } = await openBoth(migrated);
    await using _opened = opened;
    await pinTools(['pay'], {}, terminal);
    assert.equal(await unpinTools('pay', terminal), 0);
    assert.equal(await unpinTools('pay', terminal), 1);
    assert.match(terminal.complained(), /The tool pay is not pinned\.\n$/);
    assert.deepEqual((await auditOf(migrated)).slice(1), [
      { action: 'tools unpin', subject: 'pay' },
    ]);
  });
});

suite('what has changed of what a tool tells', () => {
  test('is a line for each part, in order, whatever the order of its keys', () => {
    const before = {
      description: 'Pays',
      inputSchema: {
        type: 'object',
        properties: { to: { type: 'string' }, cents: { minimum: 1 } },
      },
    };
    const after = {
      inputSchema: { properties: { to: { type: 'string' }, note: {} }, type: 'object' },
      description: 'Pays\u009b2J now\u200b',
    };
    assert.deepEqual(toldChanges(before, after), [
      '- description: "Pays"',
      '+ description: "Pays\\u{9b}2J now\\u{200b}"',
      '- inputSchema.properties.cents.minimum: 1',
      '+ inputSchema.properties.note: {}',
    ]);
    assert.deepEqual(toldChanges(before, before), []);
  });

  test('ends after 60 lines', () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`k${index}`, index]));
    const lines = toldChanges({}, many);
    assert.deepEqual([lines.length, lines.at(-1)], [61, '… and 10 lines more']);
  });
});
