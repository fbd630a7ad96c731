/** Times as they stand in the log (ISO 8601). Of times that come one after the other, each second's are the same but for their end. */
export class Timestamps {
  #second = Number.NaN;
  #beginning = '';

  /** Of whole milliseconds since 1970. */
  of(at: number): string {
    const second = Math.floor(at / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#beginning = new Date(second * 1_000).toISOString().slice(0, -'000Z'.length);
    }
    return `${this.#beginning}${String(at - second * 1_000).padStart(3, '0')}Z`;
  }
}
