import { createRequire } from 'node:module';
import { createContext, Script } from 'node:vm';

import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';

import { codeOf, Failure } from '../../shared/errors.ts';
import type { JsonSchema } from '../domain/json-schema.ts';
import { isPlainSchema } from './plain-schema.ts';
import { type Cost, weighSchema } from './schema-bounds.ts';

/** Says the first thing that is wrong with a value, in a sentence; nothing if it satisfies the schema. */
export type Check = (value: unknown) => string | undefined;

/** What is checked. */
interface Checked {
  readonly cost: Cost;
  readonly subject: string;
  readonly tool: string;
}

/** Nothing else runs in this worker meanwhile. */
const CHECK_MS_MAX = 250;

/** Its eighty files are not for a start where nothing is checked yet. */
export function loadAjv(): typeof Ajv2020 {
  const require = createRequire(import.meta.url);
  const ajv: { readonly Ajv2020: typeof Ajv2020 } = require('ajv/dist/2020.js');
  return ajv.Ajv2020;
}

/**
 * Makes checks of JSON Schemas (2020-12). They stop at the first fault, so that no input costs more than its size; where a
 * schema could make one cost more, they are broken off. What a `$ref` names is looked for in the schema, and never fetched.
 */
export class SchemaCompiler {
  readonly #isProved: boolean;
  #made: Ajv2020 | undefined;

  /** `isProved`: whether its schemas are known to be valid. They are compiled when there is something to check. */
  constructor({ isProved }: { readonly isProved: boolean }) {
    this.#isProved = isProved;
  }

  /**
   * Throws a `Failure` that names the tool if the schema is none. `subject` is what the value is called
   * in a fault. Faults are Ajv's words: they name the rule that was broken, never the value.
   */
  compile(schema: JsonSchema, subject: string, tool: string): Check {
    const cost = weighSchema(schema, tool);
    const make = (): Check => this.#make(schema, { cost, subject, tool });
    let check = this.#isProved ? undefined : make();
    return (value) => {
      check ??= make();
      return check(value);
    };
  }

  #make(schema: JsonSchema, { cost, subject, tool }: Checked): Check {
    try {
      // Only a meta-schema that is `$async` would answer later.
      if (!this.#isProved && !isPlainSchema(schema)) void this.#ajv.validateSchema(schema, true);
      const validate = this.#ajv.compile(schema);
      // Ajv would know it by its `$id`, and find it for others.
      this.#ajv.removeSchema(schema);
      const holds = cost === 'plain' ? validate : inTime(validate);
      return (value) => {
        try {
          return holds(value) ? undefined : describe(validate.errors?.[0], subject);
        } catch (error) {
          return explain(error, subject);
        }
      };
    } catch (error) {
      throw new Failure('invalid', `The tool "${tool}" has a schema that is not valid`, {
        cause: error,
      });
    }
  }

  /** Made when there is something to compile. */
  get #ajv(): Ajv2020 {
    this.#made ??= new (loadAjv())({
      allErrors: false,
      strict: false,
      validateFormats: false,
      // Done before, and only where it has to be.
      validateSchema: false,
    });
    return this.#made;
  }
}

/** The same, but broken off when its time is over, in the middle of a pattern even: only a script can be. */
function inTime(validate: ValidateFunction): (value: unknown) => unknown {
  const asked: { value?: unknown } = {};
  const context = createContext({ holds: () => validate(asked.value) });
  const script = new Script('holds()');
  return (value) => {
    asked.value = value;
    try {
      return script.runInContext(context, { timeout: CHECK_MS_MAX });
    } finally {
      delete asked.value;
    }
  };
}

/** A schema may lead back to itself, and then goes as deep as the value, or without end. */
function explain(error: unknown, subject: string): string {
  if (codeOf(error) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return `${subject} takes too long to check`;
  if (error instanceof RangeError) return `${subject} is nested too deeply to check`;
  throw error;
}

function describe(error: ErrorObject | undefined, subject: string): string {
  const path = (error?.instancePath ?? '').replaceAll('/', '.');
  return `${subject}${path} ${error?.message ?? 'is not valid'}`;
}
