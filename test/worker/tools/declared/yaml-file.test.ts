import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { silent } from '../../../../src/shared/logger.ts';
import type { Fault } from '../../../../src/shared/proof.ts';
import { LoadFailure } from '../../../../src/worker/tools/load/load-failure.ts';
import { loadFile } from '../../../../src/worker/tools/load/load-file.ts';
import type { Tool } from '../../../../src/worker/tools/tool.ts';

const ASK = 'name: ask\ndescription: Asks.\nkind: sql\nsql: select 1 as one\n';

/** Loads a file that holds this, as it was kept. */
async function load(content: string | Buffer, name = 'shop.yaml'): Promise<readonly Tool[]> {
  const kept = mkdtempSync(join(tmpdir(), 'kept-'));
  try {
    writeFileSync(join(kept, name), content);
    const file = { path: `/tools/${name}`, keptAt: join(kept, name), version: 'v1' };
    const { tools = [] } = await loadFile(file, { environment: {}, log: silent });
    return tools.map(({ tool, exportName }) => {
      assert.equal(exportName, undefined);
      return tool;
    });
  } finally {
    rmSync(kept, { recursive: true });
  }
}

async function faultsOf(content: string | Buffer): Promise<readonly Fault[]> {
  const thrown: unknown = await load(content).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof LoadFailure, String(thrown));
  for (const { file } of thrown.faults) assert.equal(file, '/tools/shop.yaml');
  return thrown.faults;
}

suite('a file of tools in YAML', () => {
  test('holds one, or one in each of its documents', async () => {
    const [ask] = await load(ASK, 'shop.yml');
    assert.equal(ask?.name, 'ask');
    const tools = await load(`${ASK}---\n${ASK.replace('ask', 'tell')}`);
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['ask', 'tell'],
    );
  });

  test('says of a tool all that there is to say', async () => {
    const [tool] = await load(`${ASK}
title: Ask
scope: shop
annotations: { idempotentHint: true, openWorldHint: false }
timeoutMs: 500
concurrencyMax: 3
retries: 2
cache: { ttlMs: 60000, staleMs: 1000, public: true }
icons: [{ src: 'https://example.com/a.png', mimeType: image/png, sizes: [48x48], theme: dark }]
output: { type: object, required: [rows], properties: { rows: { type: array } } }
`);
    assert.ok(tool !== undefined);
    const { inputSchema, outputSchema, annotations, cache, icons } = tool;
    const { title, scope, timeoutMs, concurrencyMax, retries, isolate } = tool;
    assert.deepEqual(
      { title, scope, timeoutMs, concurrencyMax, retries, isolate },
      {
        title: 'Ask',
        scope: 'shop',
        timeoutMs: 500,
        concurrencyMax: 3,
        retries: 2,
        isolate: 'inline',
      },
    );
    const hints = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };
    assert.deepEqual(annotations, hints);
    assert.deepEqual(cache, { ttlMs: 60_000, staleMs: 1_000, public: true });
    assert.deepEqual(icons, [
      { src: 'https://example.com/a.png', mimeType: 'image/png', sizes: ['48x48'], theme: 'dark' },
    ]);
    assert.equal(outputSchema?.type, 'object');
    const none = { type: 'object', properties: {}, required: [], additionalProperties: false };
    assert.deepEqual(inputSchema, none);
  });

  test('says of all that are wrong what it is, and whose it is', async () => {
    const text = `${ASK}colour: red\n---\n${ASK}---\nname: tell\nkind: sql\nsql: select 1 as one\n`;
    assert.deepEqual(
      (await faultsOf(text)).map(({ line, column, subject, message }) => [
        line,
        column,
        subject,
        message,
      ]),
      [
        [5, 1, 'ask', '"colour" is not known here'],
        [12, 1, 'tell', 'the tool has no "description"'],
      ],
    );
  });

  for (const [what, line, message] of [
    ['no kind', 'kind: ', '"kind" is to be one of '],
    [
      'a hint that is not true',
      'annotations: { readOnlyHint: false }',
      '"annotations.readOnlyHint" is true, by what the tool does',
    ],
    [
      'an output that is none',
      'output: { type: array }',
      '"output.type" is to be object: a tool answers with one',
    ],
    [
      'too long a time',
      'timeoutMs: 3600001',
      '"timeoutMs" is to be a whole number from 1 to 3600000',
    ],
    ['a cache without a time', 'cache: { public: true }', '"cache" has no "ttlMs"'],
    [
      'a hint that is none',
      'annotations: { readonlyHint: true }',
      '"annotations.readonlyHint" is not known here. Did you mean "readOnlyHint"?',
    ],
  ] as const) {
    test(`that says ${what} is refused`, async () => {
      const [key = ''] = line.split(':');
      const rest = ASK.split('\n').filter((other) => !other.startsWith(`${key}:`));
      const [fault] = await faultsOf([...rest, line].join('\n'));
      assert.ok(fault !== undefined);
      assert.ok(fault.message.startsWith(message), fault.message);
      assert.equal(fault.subject, 'ask');
    });
  }

  test('is to hold something, be no larger than 256 KiB, and be UTF-8', async () => {
    const [empty] = await faultsOf('# nothing\n');
    assert.equal(empty?.message, 'has no tool in it');
    const [list] = await faultsOf('- a\n- b\n');
    assert.equal(list?.message, 'the tool is to be a map');
    const [large] = await faultsOf(`${ASK}# ${'x'.repeat(262_144 - ASK.length - 1)}`);
    assert.equal(large?.message, 'is larger than 262144 bytes');
    await load(`${ASK}# ${'x'.repeat(262_144 - ASK.length - 2)}`);
    const [bytes] = await faultsOf(Buffer.from(`${ASK}# \xff`, 'latin1'));
    assert.equal(bytes?.message, 'is not UTF-8');
  });
});
