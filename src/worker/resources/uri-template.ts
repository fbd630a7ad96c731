import { Failure } from '../../shared/errors.ts';

/** Longer ones are not looked at. */
const URI_LENGTH_MAX = 4_096;
const EXPRESSION = /\{([^{}]*)\}/g;
const VARIABLE = /^(\+?)([A-Za-z_][A-Za-z0-9_]*)$/;

/** A template of URIs (RFC 6570, simple and reserved expansion), read backwards: from a URI to its variables. */
export class UriTemplate {
  readonly variables: readonly string[];
  readonly #pattern: RegExp;

  private constructor(variables: readonly string[], pattern: RegExp) {
    this.variables = variables;
    this.#pattern = pattern;
  }

  /** Makes one of a text; nothing if it is a plain URI. Throws a `Failure` if it is neither. */
  static find(text: string): UriTemplate | undefined {
    const variables: string[] = [];
    let pattern = '';
    let from = 0;
    for (const found of text.matchAll(EXPRESSION)) {
      const [, reserved, name] = VARIABLE.exec(found[1] ?? '') ?? [];
      if (name === undefined || variables.includes(name)) throw unfit(text);
      variables.push(name);
      pattern += `${RegExp.escape(text.slice(from, found.index))}(${reserved === '+' ? '.+' : '[^/?#]+'})`;
      from = found.index + found[0].length;
    }
    const rest = text.slice(from);
    if (
      /[{}]/.test(text.replaceAll(EXPRESSION, '')) ||
      !URL.canParse(text.replaceAll(EXPRESSION, 'x'))
    ) {
      throw unfit(text);
    }
    if (variables.length === 0) return undefined;
    return new UriTemplate(variables, new RegExp(`^${pattern}${RegExp.escape(rest)}$`));
  }

  /** The variables of a URI, decoded; nothing if it is not of this template. */
  match(uri: string): Readonly<Record<string, string>> | undefined {
    if (uri.length > URI_LENGTH_MAX) return undefined;
    const found = this.#pattern.exec(uri);
    if (found === null) return undefined;
    const values = this.variables.map((name, index) => [name, decode(found[index + 1] ?? '')]);
    return values.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(values);
  }
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function unfit(text: string): Failure {
  return new Failure('invalid', `"${text}" is no URI, and no template of {name} and {+name}`);
}
