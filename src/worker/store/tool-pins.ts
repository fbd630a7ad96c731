import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { isDate, isObject, isShaped, isString } from '../../shared/shape.ts';
import type { ToolPin, ToolPins } from '../domain/tool-pin.ts';
import { query, type Statement } from './query.ts';

/** How soon every worker knows of an approval. */
const EVERY_MS = 2_000;
/** More than any installation has tools. */
const PINS_MAX = 10_000;

const READ: Statement = {
  name: 'read tool pins',
  text: `select name, definition from holdfast.tool_pins order by name limit ${PINS_MAX + 1}`,
};

const LIST: Statement = {
  name: 'list tool pins',
  text: `select name, definition, told, pinned_at from holdfast.tool_pins order by name limit ${PINS_MAX}`,
};

const PIN: Statement = {
  name: 'pin tool',
  text: `
    insert into holdfast.tool_pins (name, definition, told) values ($1, $2, $3)
    on conflict (name) do update
    set definition = excluded.definition, told = excluded.told, pinned_at = now()
    where tool_pins.definition <> excluded.definition`,
};

const UNPIN: Statement = {
  name: 'unpin tool',
  text: 'delete from holdfast.tool_pins where name = $1 returning name',
};

const isRow = isShaped({ name: isString, definition: isString });
const isWholeRow = isShaped({
  name: isString,
  definition: isString,
  told: isObject,
  pinned_at: isDate,
});

/** A pin, and since when it is as it is. */
export interface KeptPin extends ToolPin {
  readonly pinnedAt: Date;
}

export interface StoredPinsOptions {
  readonly pool: Pool<Client>;
  readonly log: Logger;
  readonly everyMs?: number;
}

/** The pins that Postgres holds, read every two seconds: whoever pins need reach nothing else. */
export class StoredPins implements ToolPins, Disposable {
  readonly #options: StoredPinsOptions;
  readonly #listeners = new Set<() => void>();
  #definitions: ReadonlyMap<string, string> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  #areTooMany = false;

  private constructor(options: StoredPinsOptions) {
    this.#options = options;
  }

  /** Reads the pins. Throws a `Failure` (`unavailable`) while Postgres is away. */
  static async open(options: StoredPinsOptions): Promise<StoredPins> {
    const pins = new StoredPins(options);
    await pins.#read();
    pins.#timer = setInterval(() => {
      pins.#read().catch((error: unknown) => {
        // What was approved stays so until it is back.
        if (error instanceof Failure && error.code === 'unavailable') return;
        options.log.error('pins of tools were not read', { error });
      });
    }, options.everyMs ?? EVERY_MS).unref();
    return pins;
  }

  isHeldBack(name: string, definition: string): boolean {
    const pinned = this.#definitions.get(name);
    return pinned !== undefined && pinned !== definition;
  }

  onChange(heed: () => void): Disposable {
    // What is added is this caller's own: the same function may listen twice.
    const listener = (): void => {
      heed();
    };
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
      },
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  async #read(): Promise<void> {
    // The answer to the older of two could be the later.
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      this.#enforce(await query(this.#options.pool, READ, []));
    } finally {
      this.#isReading = false;
    }
  }

  #enforce(rows: readonly unknown[]): void {
    const areTooMany = rows.length > PINS_MAX;
    if (areTooMany && !this.#areTooMany) {
      this.#options.log.warn('there are too many pins of tools, not all are enforced', {
        pinsMax: PINS_MAX,
      });
    }
    this.#areTooMany = areTooMany;
    const read = rows.slice(0, PINS_MAX).map((row) => {
      if (!isRow(row)) throw rowUnlikeOurs();
      return [row.name, row.definition] as const;
    });
    const before = this.#definitions;
    this.#definitions = new Map(read);
    const same = before.size === read.length && read.every(([name, is]) => before.get(name) === is);
    if (!same) for (const heed of this.#listeners) heed();
  }
}

/** All pins, in order of their names. */
export async function listPins(pool: Pool<Client>): Promise<readonly KeptPin[]> {
  const rows = await query(pool, LIST, []);
  return rows.map((row) => {
    if (!isWholeRow(row)) throw rowUnlikeOurs();
    const { name, definition, told, pinned_at: pinnedAt } = row;
    return { name, definition, told, pinnedAt };
  });
}

/** Approves a tool as it is told of. Every worker knows a few seconds later. */
export async function pinTool(client: Client, { name, definition, told }: ToolPin): Promise<void> {
  await client.query({ ...PIN, values: [name, definition, JSON.stringify(told)] });
}

/** Lets a tool be whatever it tells. Resolves with whether it was pinned. */
export async function unpinTool(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query({ ...UNPIN, values: [name] });
  return rows.length > 0;
}

function rowUnlikeOurs(): Error {
  return new Error('A row of tool_pins is not as our migrations made it');
}
