import type { Connection, ExecuteConfig } from 'pg';

/** What `pg` tells of columns. */
export interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

/** What `pg` tells of a row: each value as a text, or nothing. */
export interface DataRow {
  readonly length: number;
  readonly fields: readonly (string | null)[];
}

/** A row, and what it took to send it, with the names of its columns. */
export interface Row<Value> {
  readonly values: Readonly<Record<string, Value | null>>;
  readonly bytes: number;
}

/** What a statement returns. */
export class Shape<Value> {
  readonly columns: readonly string[];
  readonly #parsers: readonly ((text: string) => Value)[];
  readonly #namesBytes: number;
  /** A row with nothing in it. */
  readonly #empty: Readonly<Record<string, Value | null>>;

  constructor(
    fields: RowDescription['fields'],
    parserOf: (typeId: number) => (text: string) => Value,
  ) {
    this.columns = fields.map(({ name }) => name);
    this.#parsers = fields.map(({ dataTypeID }) => parserOf(dataTypeID));
    this.#namesBytes = fields.reduce((sum, { name }) => sum + Buffer.byteLength(name), 0);
    this.#empty = Object.fromEntries(this.columns.map((name) => [name, null]));
  }

  /** Throws what a parser throws. */
  rowOf({ length, fields }: DataRow): Row<Value> {
    const values = { ...this.#empty };
    for (let at = 0; at < fields.length; at++) {
      const [name, parse, text] = [this.columns[at], this.#parsers[at], fields[at]];
      if (typeof text === 'string' && name !== undefined) values[name] = parse?.(text) ?? null;
    }
    return { values, bytes: length + this.#namesBytes };
  }
}

/** Has Postgres run what is bound, and send so many rows of it; all, if not said. */
export function execute(connection: Connection, rowsMax?: number): void {
  const config: ExecuteConfig = {};
  // The types want a text, and the driver a number.
  if (rowsMax !== undefined) Object.assign(config, { rows: rowsMax });
  connection.execute(config, true);
}
