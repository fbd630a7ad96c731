/**
 * The official JSON Schemas of MCP, which say of what we send whether it is right. The conformance suite bundles
 * them as object literals, and they are taken out of it, for it exports none.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';

import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { isRecord } from '../../src/worker/protocol/frame.ts';
import type { Revision } from '../../src/worker/protocol/revisions.ts';

type Json = Readonly<Record<string, unknown>>;

/** The schema of one revision. */
export interface OfficialSchema {
  readonly definitions: Readonly<Record<string, Json>>;
  /** Says what is wrong with a value, in the words of Ajv; nothing if it satisfies the definition. Throws if there is no such definition. */
  readonly faultOf: (definition: string, value: unknown) => string | undefined;
}

const BUNDLE = '@modelcontextprotocol/conformance/dist/index.js';
const LITERAL =
  /\{\$schema:([`'"])https?:\/\/json-schema\.org\/[^`'"]+\1,(?:\$defs|definitions):\{/g;
/** What tells the schema of a revision from the others: a definition that it was the first to have, and one that it has not. */
const MARKS: Readonly<Record<Exclude<Revision, '2024-11-05'>, readonly [string, string]>> = {
  '2025-03-26': ['JSONRPCBatchResponse', 'ElicitRequest'],
  '2025-06-18': ['ElicitRequest', 'Icon'],
  '2025-11-25': ['CreateTaskResult', 'DiscoverResult'],
  '2026-07-28': ['DiscoverResult', 'InitializeResult'],
};
/** One that lacks any of these is not whole. */
const WELL_KNOWN = ['JSONRPCMessage', 'CallToolResult', 'ListToolsResult', 'ServerNotification'];
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

let schemas: Readonly<Record<Revision, OfficialSchema>> | undefined;

/** The schema of a revision. Throws if the conformance suite does not hold it as expected. */
export function officialSchemaOf(revision: Revision): OfficialSchema {
  schemas ??= readSchemas();
  return schemas[revision];
}

function readSchemas(): Readonly<Record<Revision, OfficialSchema>> {
  const path = fileURLToPath(import.meta.resolve(BUNDLE));
  const source = readFileSync(path, 'utf8');
  const found = [...source.matchAll(LITERAL)].map(({ index }) => evaluate(source, index));
  const pick = (revision: keyof typeof MARKS): Json => {
    const [has, lacks] = MARKS[revision];
    const fitting = found.filter((schema) => {
      const definitions = definitionsOf(schema);
      return has in definitions && !(lacks in definitions);
    });
    const [schema] = fitting;
    if (schema === undefined || fitting.length > 1) {
      throw new Error(`${path} holds ${fitting.length} schemas that look like ${revision}`);
    }
    const missing = WELL_KNOWN.filter((name) => !(name in definitionsOf(schema)));
    assert.deepEqual(missing, [], `The schema of ${revision} in ${path} is not whole`);
    return schema;
  };
  const march = pick('2025-03-26');
  return {
    '2024-11-05': compile(withoutAudio(march)),
    '2025-03-26': compile(march),
    '2025-06-18': compile(withNumbers(pick('2025-06-18'))),
    '2025-11-25': compile(withNumbers(pick('2025-11-25'))),
    '2026-07-28': compile(pick('2026-07-28')),
  };
}

/** Evaluates the object literal that begins there, and nothing else. */
function evaluate(source: string, from: number): Json {
  let depth = 0;
  let quote = '';
  for (let at = from; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if (character === '\\') at += 1;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if ('`\'"'.includes(character)) quote = character;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth > 0) continue;
      const value: unknown = runInNewContext(
        `(${source.slice(from, at + 1)})`,
        Object.create(null),
      );
      return JSON.parse(JSON.stringify(value));
    }
  }
  throw new Error('An object literal of the conformance suite has no end');
}

function definitionsOf({ $defs, definitions = $defs }: Json): Readonly<Record<string, Json>> {
  assert.ok(isRecord(definitions), 'A schema without definitions');
  // Each definition of a schema is a schema, and none of these is a boolean.
  return definitions as Readonly<Record<string, Json>>;
}

/** The suite has no schema of 2024-11-05. 2025-03-26 added to it: sounds to choices, the rest as optional fields. */
function withoutAudio(march: Json): Json {
  return JSON.parse(JSON.stringify(march), (key, value: unknown) => {
    if (key !== 'anyOf' || !Array.isArray(value)) return value;
    return value.filter((choice: Json) => choice.$ref !== '#/definitions/AudioContent');
  });
}

/** The bounds of a number were published as integers by mistake, and mended since. */
function withNumbers(schema: Json): Json {
  const text = JSON.stringify(schema);
  const { NumberSchema } = definitionsOf(schema);
  const mended = JSON.stringify(NumberSchema, (key, value: unknown) =>
    ['minimum', 'maximum', 'default'].includes(key) && isRecord(value)
      ? { ...value, type: 'number' }
      : value,
  );
  return JSON.parse(text.replace(JSON.stringify(NumberSchema), () => mended));
}

function compile(schema: Json): OfficialSchema {
  const options = { strict: false, allErrors: false };
  const isNew = '$defs' in schema;
  const ajv = isNew ? new Ajv2020(options) : new Ajv(options);
  ajv.addFormat('uri', (text: string) => URL.canParse(text));
  ajv.addFormat('byte', BASE64);
  ajv.addFormat('uri-template', true);
  ajv.addSchema({ ...schema, $id: 'mcp' });
  const definitions = definitionsOf(schema);
  const compiled = new Map<string, ValidateFunction>();
  return {
    definitions,
    faultOf(definition, value) {
      assert.ok(definition in definitions, `There is no definition ${definition}`);
      const $ref = `mcp#/${isNew ? '$defs' : 'definitions'}/${definition}`;
      const validate = compiled.get(definition) ?? ajv.compile({ $ref });
      compiled.set(definition, validate);
      if (validate(value)) return undefined;
      return `${definition}: ${ajv.errorsText(validate.errors, { dataVar: 'it' })}`;
    },
  };
}
