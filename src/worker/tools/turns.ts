/** Who waits, in rows: of each row the first, one row after the other, so that a long row keeps no other waiting. */
export class Turns<Waiting> {
  /** None is empty. The one whose turn it is comes first. */
  readonly #rows = new Map<string, Set<Waiting>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(row: string): boolean {
    return this.#rows.has(row);
  }

  add(row: string, waiting: Waiting): void {
    const waiters = this.#rows.get(row);
    if (waiters === undefined) this.#rows.set(row, new Set([waiting]));
    else waiters.add(waiting);
    this.#size += 1;
  }

  /** Takes one away. False if it was taken already. */
  delete(row: string, waiting: Waiting): boolean {
    const waiters = this.#rows.get(row);
    if (waiters?.delete(waiting) !== true) return false;
    this.#size -= 1;
    if (waiters.size === 0) this.#rows.delete(row);
    return true;
  }

  /** Takes whose turn it is, of the rows that may. */
  take(may: (row: string) => boolean): Waiting | undefined {
    for (const [row, waiters] of this.#rows) {
      if (!may(row)) continue;
      const [next] = waiters;
      if (next === undefined) continue;
      this.delete(row, next);
      if (this.#rows.delete(row)) this.#rows.set(row, waiters);
      return next;
    }
    return undefined;
  }

  /** Takes the last of the longest row, if that row would still be longer than another with one more in it. */
  takeSurplus(of: string): Waiting | undefined {
    let [longest, length] = [of, (this.#rows.get(of)?.size ?? 0) + 1];
    for (const [row, { size }] of this.#rows) if (size > length) [longest, length] = [row, size];
    if (longest === of) return undefined;
    const last = [...(this.#rows.get(longest) ?? [])].at(-1);
    if (last !== undefined) this.delete(longest, last);
    return last;
  }

  /** Takes all of a row; of every row, if none is named. */
  takeAll(row?: string): readonly Waiting[] {
    const taken =
      row === undefined
        ? [...this.#rows.values()].flatMap((waiters) => [...waiters])
        : [...(this.#rows.get(row) ?? [])];
    if (row === undefined) this.#rows.clear();
    else this.#rows.delete(row);
    this.#size -= taken.length;
    return taken;
  }
}
