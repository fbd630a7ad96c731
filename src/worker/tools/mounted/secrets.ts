import { unescape } from 'node:querystring';

const SECRET_NAME = /PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|COOKIE|DSN|(?:^|[_-])PAT$/i;
/** Shorter ones stand in any text. */
const LENGTH_MIN = 6;
const STRUCK = '[redacted]';

/** Whether what is called so is likely to be a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** What is secret of a value: where its name says so all of it, and what follows a word such as `Bearer`; else the password of a URL. */
export function secretsIn(name: string, value: string): readonly string[] {
  const password = URL.parse(value)?.password ?? '';
  const passwords = [password, unescape(password)];
  return isSecretName(name) ? [value, ...value.split(' ').slice(1), ...passwords] : passwords;
}

/** Texts that are struck out wherever they are found. */
export class Secrets {
  readonly #texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.#texts = [...new Set(texts)]
      .filter(({ length }) => length >= LENGTH_MIN)
      .toSorted((a, b) => b.length - a.length);
  }

  strike(text: string): string {
    return this.#texts.reduce((struck, secret) => struck.replaceAll(secret, STRUCK), text);
  }

  /** Strikes them out of the texts within JSON, names as well. What is no JSON is struck as it is. */
  strikeJson(json: string): string {
    const isClean = this.#texts.every(
      (secret) => !json.includes(secret) && !json.includes(JSON.stringify(secret).slice(1, -1)),
    );
    if (isClean) return json;
    try {
      return JSON.stringify(JSON.parse(json, (_name, value: unknown) => this.#strikeOne(value)));
    } catch (error) {
      if (error instanceof SyntaxError) return this.strike(json);
      throw error;
    }
  }

  #strikeOne(value: unknown): unknown {
    if (typeof value === 'string') return this.strike(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]: [string, unknown]) => [this.strike(name), inner]),
    );
  }
}
