import type { Fault } from '../../../shared/proof.ts';
import { expand } from './expand.ts';
import { secretsIn } from './secrets.ts';

type Json = Readonly<Record<string, unknown>>;
type Texts = Readonly<Record<string, string>>;

/** What reading a file comes to beside what it says. */
export interface Notes {
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly faults: Fault[];
}

/** Whether something is an object, as JSON has it. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of one server, each looked at as it is read. What is wrong is noted, and never what it says: it may be a secret. */
export class Fields {
  readonly #fields: Json;
  readonly #path: string;
  readonly #notes: Notes;
  /** Found in what was read so far. */
  readonly secrets: string[] = [];
  readonly given: string[] = [];

  constructor(fields: Json, path: string, notes: Notes) {
    this.#fields = fields;
    this.#path = path;
    this.#notes = notes;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  /** Notes that a field is not as it should be. */
  refuse(name: string, message: string): undefined {
    const path = name === '' ? this.#path : `${this.#path}.${name}`;
    const { file, faults } = this.#notes;
    const [, subject] = this.#path.split('.');
    faults.push({
      file,
      line: undefined,
      column: undefined,
      subject,
      message: `${path} ${message}`,
    });
    return undefined;
  }

  text(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    if (!isText(value)) return this.refuse(name, 'must be a text');
    return this.#expand(name, value);
  }

  flag(name: string): boolean | undefined {
    const value = this.#fields[name];
    if (value === undefined || typeof value === 'boolean') return value;
    return this.refuse(name, 'must be true or false');
  }

  wholeNumber(name: string, max: number): number | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    const isFit = typeof value === 'number' && Number.isInteger(value) && value >= 1;
    if (isFit && value <= max) return value;
    return this.refuse(name, `must be a whole number from 1 to ${max}`);
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every(isText)) {
      return this.refuse(name, 'must be a list of texts');
    }
    return value.map((text, index) => this.#expand(`${name}[${index}]`, text));
  }

  /** Texts by names of their own: all of them are struck out of logs, and those that sound secret out of everything. */
  record(name: string): Texts | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    if (!isObject(value)) return this.refuse(name, 'must be an object of texts');
    const read: [string, string][] = [];
    for (const [key, text] of Object.entries(value)) {
      if (!isText(text) || !isText(key)) {
        this.refuse(`${name}.${key}`, 'must be a text');
        continue;
      }
      const expanded = this.#expand(`${name}.${key}`, text);
      this.given.push(expanded);
      this.secrets.push(...secretsIn(key, expanded));
      read.push([key, expanded]);
    }
    return Object.fromEntries(read);
  }

  #expand(name: string, value: string): string {
    const { text, used, missing } = expand(value, this.#notes.environment);
    for (const variable of missing) {
      this.refuse(name, `names the variable ${variable}, which is not set`);
    }
    for (const [variable, put] of used) this.secrets.push(...secretsIn(variable, put));
    if (text.includes('\0')) this.refuse(name, 'holds a character that no text of a process may');
    return text;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
