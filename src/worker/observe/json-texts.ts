/** Texts that are kept. With one more all are forgotten: whoever makes up names pays for it no more than a look at each. */
const KEPT_MAX = 1_000;

/** Texts as they stand in a line of JSON, secrets struck out. Those of a worker's calls are few, and come again and again. */
export class JsonTexts {
  readonly #redact: (text: string) => string;
  readonly #kept = new Map<string, string>();

  constructor(redact: (text: string) => string) {
    this.#redact = redact;
  }

  of(text: string): string {
    return this.#kept.get(text) ?? this.#keep(text);
  }

  #keep(text: string): string {
    const json = JSON.stringify(this.#redact(text));
    if (this.#kept.size === KEPT_MAX) this.#kept.clear();
    this.#kept.set(text, json);
    return json;
  }
}
