import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { readProof, writeProof } from '../../src/shared/generation.ts';
import { isProof } from '../../src/shared/proof.ts';
import { definePrompt } from '../../src/worker/prompts/prompt.ts';
import { proofOf } from '../../src/worker/proof.ts';
import { defineResource } from '../../src/worker/resources/resource.ts';
import { defineTool } from '../../src/worker/tools/tool.ts';
import { catalogueOf } from './catalogue-of.ts';

const OPTIONS = { generation: 'g', at: 1, tookMs: 2, faults: [], warnings: [] } as const;
const redact = (text: string): string => text.replaceAll('hunter2', '[redacted]');

function listsOf(description: string) {
  const { gatherTools, resources, prompts } = catalogueOf({
    tools: [
      defineTool({
        name: 'paint',
        description,
        scope: 'paint:write',
        input: z.object({}),
        run: async () => 'done',
      }),
    ],
    resources: [
      defineResource({ uri: 'note://{id}', name: 'notes', read: async () => '' }),
      defineResource({ uri: 'note://1', name: 'note', read: async () => '' }),
    ],
    prompts: [definePrompt({ name: 'greet', get: async () => '' })],
  });
  return { tools: gatherTools(), resources, prompts };
}

function definitionsOf(description: string): readonly string[] {
  const { entries } = proofOf(listsOf(description), { ...OPTIONS, redact });
  return entries.map(({ definition }) => definition);
}

suite('a proof', () => {
  test('says of everything that is offered what agents are told, and where it was found', () => {
    const { entries } = proofOf(listsOf('Paints.'), { ...OPTIONS, redact });
    assert.deepEqual(
      entries.map(({ kind, name, scope, source }) => [kind, name, scope, source]),
      [
        ['tool', 'paint', 'paint:write', 'test.ts'],
        ['resource', 'note://1', undefined, 'test.ts'],
        ['resource', 'note://{id}', undefined, 'test.ts'],
        ['prompt', 'greet', undefined, 'test.ts'],
      ],
    );
  });

  test('has another definition for what agents are told otherwise, and only then', () => {
    const [tool, ...others] = definitionsOf('Paints.');
    assert.deepEqual(definitionsOf('Paints.'), [tool, ...others]);
    const [changed, ...same] = definitionsOf('Paints, and obeys.');
    assert.notEqual(changed, tool);
    assert.deepEqual(same, others);
  });

  test('holds no secret, and no more than can be read', () => {
    const place = { file: 'a.ts', line: 1, column: 2, subject: undefined };
    const faults = Array.from({ length: 300 }, () => ({
      ...place,
      message: `hunter2 ${'x'.repeat(10_000)}`,
    }));
    const proof = proofOf(undefined, { ...OPTIONS, faults, redact });
    assert.ok(isProof(proof));
    assert.deepEqual(proof.entries, []);
    assert.equal(proof.faults.length, 200);
    assert.equal(proof.faults[0]?.message.length, 2_000);
    assert.match(proof.faults[0]?.message ?? '', /^\[redacted\] x/);
  });

  test('is read as it was written; there is none of what was never loaded', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-proof-'));
    t.after(() => {
      rmSync(folder, { recursive: true });
    });
    assert.equal(readProof(folder, 'g'), undefined);
    const proof = proofOf(listsOf('Paints.'), { ...OPTIONS, redact });
    writeProof(folder, proof);
    assert.deepEqual(readProof(folder, 'g'), JSON.parse(JSON.stringify(proof)));
    writeFileSync(join(folder, 'generations/g.proof.json'), '{"of":"another version"}');
    assert.equal(readProof(folder, 'g'), undefined);
  });
});
