/** The schema that editors check files of tools with. `UPDATE_SCHEMA=1` writes it anew, for Biome to format. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

import { toolFileSchema } from '../../../../src/worker/tools/declared/tool-file-schema.ts';
import { faultsOf } from './declared.ts';

const PATH = 'docs/tool-file.schema.json';
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
const isPublished = ajv.compile(toolFileSchema());

const ASK = 'name: ask\ndescription: Asks.\nkind: sql\n';
const ONE = `${ASK}sql: select 1 as one\n`;

suite('the schema of files of tools', () => {
  test('is the one in docs', () => {
    const text = JSON.stringify(toolFileSchema(), null, 2);
    if (process.env.UPDATE_SCHEMA === '1') writeFileSync(PATH, text);
    const published: unknown = JSON.parse(readFileSync(PATH, 'utf8'));
    assert.deepEqual(published, JSON.parse(text), 'UPDATE_SCHEMA=1 writes it anew');
  });

  for (const text of [
    ONE,
    `${ONE}writes: true\nresult: value\nrowsMax: 1\nbytesMax: 1024\n`,
    `${ONE}title: Ask\nscope: s\nannotations: { idempotentHint: true }\ntimeoutMs: 1\nconcurrencyMax: 1\nretries: 0\n`,
    `${ONE}cache: { ttlMs: 1, staleMs: 1, public: false }\nicons: [{ src: x, sizes: [any], theme: dark }]\n`,
    `${ONE}cache: { ttlMs: 86400000, staleMs: 86400000 }\n`,
    `${ONE}output: { type: object, properties: { rows: {} } }\n`,
    `${ASK}sql: select $a as a, $b as b\nparameters:\n  a: { type: string, title: A, minLength: 1, pattern: x, default: x }\n  b: { type: array, items: { type: integer, minimum: 1 }, maxItems: 3, required: false }\n`,
  ]) {
    test(`takes what is loaded: ${JSON.stringify(text.slice(ASK.length))}`, () => {
      assert.deepEqual(faultsOf(text), []);
      assert.ok(isPublished(parse(text)), JSON.stringify(isPublished.errors));
    });
  }

  for (const text of [
    ASK,
    'name: ask\nkind: sql\nsql: select 1 as one\n',
    'name: ask\ndescription: Asks.\nsql: select 1 as one\n',
    ONE.replace('kind: sql', 'kind: sqk'),
    `${ONE}colour: red\n`,
    `${ONE}writes: 1\n`,
    `${ONE}result: row\n`,
    `${ONE}rowsMax: 0\n`,
    `${ONE}bytesMax: 1000\n`,
    `${ONE}timeoutMs: 0\n`,
    `${ONE}retries: 11\n`,
    `${ONE}cache: {}\n`,
    `${ONE}cache: { ttlMs: 1, secret: true }\n`,
    `${ONE}cache: { ttlMs: 86400001 }\n`,
    `${ONE}cache: { ttlMs: 1, staleMs: 86400001 }\n`,
    `${ONE}icons: [{}]\n`,
    `${ONE}annotations: { readOnly: true }\n`,
    `${ONE}output: { type: string }\n`,
    `${ASK}sql: select $a as a\nparameters: { a: { type: int } }\n`,
    `${ASK}sql: select $a as a\nparameters: { a: {} }\n`,
    `${ASK}sql: select $a as a\nparameters: { a: { type: string, of: x } }\n`,
    `${ASK}sql: select 1 as a\nparameters: { a-b: { type: string } }\n`,
    `${ASK}sql: select $a as a\nparameters: { a: { type: array, items: { type: array } } }\n`,
  ]) {
    test(`refuses what is refused: ${JSON.stringify(text)}`, () => {
      assert.ok(faultsOf(text).length > 0);
      assert.ok(!isPublished(parse(text)));
    });
  }
});
