import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

import { Failure } from '../../shared/errors.ts';
import type { JsonSchema } from './tool.ts';

/** Says the first thing that is wrong with a value, in a sentence; nothing if it satisfies the schema. */
export type Check = (value: unknown) => string | undefined;

/** Makes checks of JSON Schemas (2020-12). They stop at the first fault, so that no input costs more than its size. */
export class SchemaCompiler {
  readonly #ajv = new Ajv2020({ allErrors: false, strict: false, validateFormats: false });

  /**
   * Throws a `Failure` that names the tool if the schema is none. `subject` is what the value is called
   * in a fault. Faults are Ajv's words: they name the rule that was broken, never the value.
   */
  compile(schema: JsonSchema, subject: string, tool: string): Check {
    try {
      const validate = this.#ajv.compile(schema);
      return (value) => {
        if (validate(value)) return undefined;
        return describe(validate.errors?.[0], subject);
      };
    } catch (error) {
      throw new Failure('invalid', `The tool "${tool}" has a schema that is not valid`, {
        cause: error,
      });
    }
  }
}

function describe(error: ErrorObject | undefined, subject: string): string {
  const path = (error?.instancePath ?? '').replaceAll('/', '.');
  return `${subject}${path} ${error?.message ?? 'is not valid'}`;
}
