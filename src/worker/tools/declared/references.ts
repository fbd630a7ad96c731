import type { DeclaredTool } from './kind.ts';
import type { Parameter } from './parameters.ts';
import type { DeclaredValue } from './value.ts';

/** What parameters are worth in a call. */
export type Filled = ReadonlyMap<string, unknown>;

/** Makes a value for a call; nothing where that is left out. */
export type Fill = (filled: Filled) => unknown;

/** A text that is a parameter, and nothing else. Whatever type that has, the value has. */
const PARAMETER = /^\$([A-Za-z_]\w*)$/;
const VARIABLE = /\$\{([^{}]*)\}/g;
/** What is the server's own is no tool's to send. */
const OURS = /^(?:MCP_.*|(?:DATABASE|REDIS)_URL(?:_FILE)?)$/;
/** What is shorter stands in answers by chance. */
const SECRET_LENGTH_MIN = 8;

/** What a definition refers to: `$parameter` for a value, and `${VARIABLE}` in a text. A text that begins with `$$` begins with `$`, and refers to nothing. */
export class References {
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #environment: DeclaredTool['environment'];
  readonly #required: ReadonlySet<unknown>;
  readonly #used = new Set<string>();
  readonly #secrets = new Set<string>();

  constructor({ parameters, environment }: Pick<DeclaredTool, 'parameters' | 'environment'>) {
    this.#parameters = new Map(parameters.list.map((parameter) => [parameter.name, parameter]));
    const { required } = parameters.schema;
    this.#required = new Set(Array.isArray(required) ? required : []);
    this.#environment = environment;
  }

  /** Throws a `LoadFailure` if a value refers to what there is not. */
  fillOf(value: DeclaredValue): Fill {
    const json = value.json();
    if (typeof json === 'string') return this.#fillOfText(value, json);
    if (typeof json !== 'object' || json === null) return () => json;
    if (Array.isArray(json)) {
      const fills = value.list().map((item) => this.fillOf(item));
      return (filled) => fills.map((fill) => fill(filled)).filter((item) => item !== undefined);
    }
    const fills = value.map().entries.map(([key, inner]) => [key, this.fillOf(inner)] as const);
    return (filled) =>
      Object.fromEntries(
        fills.map(([key, fill]) => [key, fill(filled)]).filter(([, made]) => made !== undefined),
      );
  }

  /** The parameter that a value is, if it is one. */
  findParameter(value: DeclaredValue): Parameter | undefined {
    const json = value.json();
    const [, name] = typeof json === 'string' ? (PARAMETER.exec(json) ?? []) : [];
    return name === undefined ? undefined : this.use(name, value);
  }

  /** The parameter of that name. Throws a `LoadFailure` at the value that names it if there is none. */
  use(name: string, value: DeclaredValue): Parameter {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined) throw value.failure(`names "${name}", which is no parameter`);
    this.#used.add(name);
    return parameter;
  }

  /** Whether a parameter is worth something in every call. */
  isAlwaysThere(name: string): boolean {
    return this.#required.has(name) || this.#parameters.get(name)?.default !== undefined;
  }

  /** Throws a `LoadFailure` if there is a parameter that nothing refers to. */
  assertAllUsed(): void {
    for (const { name, value } of this.#parameters.values()) {
      if (!this.#used.has(name)) throw value.failure('is used nowhere', 'key');
    }
  }

  /** Strikes from a text what stands in variables: who is told a secret may say it back. */
  strike(text: string): string {
    return [...this.#secrets].reduce(
      (struck, secret) => struck.replaceAll(secret, '[redacted]'),
      text,
    );
  }

  #fillOfText(value: DeclaredValue, text: string): Fill {
    const parameter = this.findParameter(value);
    if (parameter !== undefined) return (filled) => filled.get(parameter.name);
    const written = text.startsWith('$$')
      ? text.slice(1)
      : text.replaceAll(VARIABLE, (_all, name: string) => this.#read(name, value));
    return () => written;
  }

  #read(name: string, value: DeclaredValue): string {
    if (OURS.test(name)) throw value.failure(`names ${name}, which is for the server alone`);
    const found = this.#environment[name];
    if (found === undefined || found === '') {
      throw value.failure(`needs the variable ${name}, which is not set`);
    }
    if (found.length >= SECRET_LENGTH_MIN) {
      this.#secrets.add(found).add(JSON.stringify(found).slice(1, -1));
    }
    return found;
  }
}

/** A value as it stands in a text; nothing if there is none. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
