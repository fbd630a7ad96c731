/** What one program of a tenant does: many things at once over one connection, and over the next when that breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { hashOfArguments } from '../../src/shared/fingerprint.ts';
import type { Ear, Tenant } from './crossings.ts';
import {
  Broken,
  Closed,
  type Fields,
  type Surroundings,
  type TenantClient,
  type Wish,
} from './tenant.ts';

const ATTEMPTS_MAX = 50;
const PAUSE_MS = 100;
/** What lines do in turn. */
export const KINDS = ['list', 'read', 'fail', 'own', 'ask', 'echo'] as const;
type Kind = (typeof KINDS)[number] | 'change lists';
const WAIT_MS = { min: 500, max: 2_000 };

export interface LineOptions {
  readonly port: number;
  readonly tenant: Tenant;
  readonly key: string;
  readonly ears: Ear[];
  readonly number: number;
  readonly open: (surroundings: Surroundings) => Promise<TenantClient>;
}

/** Something to ask for, and what is wrong with a result, if anything. */
interface Task extends Wish {
  readonly fault: (result: Fields) => boolean;
}

interface Connected {
  readonly client: TenantClient;
  readonly place: string;
}

export class TenantLine implements AsyncDisposable {
  /** Results that were not what was asked for. */
  readonly wrong: string[] = [];
  /** Hashes of the arguments of all calls. */
  readonly called = new Set<string>();
  /** Of those that were answered at the very end. */
  readonly answered: string[] = [];
  /** How often it had to be tried again. */
  brokenCount = 0;
  readonly #options: LineOptions;
  #connected: Promise<Connected> | undefined;
  #lastMarker = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  get tenant(): Tenant {
    return this.#options.tenant;
  }

  /** Does one thing. Throws if it does not succeed in the end. Resolves with the hash of its arguments, if it has any. */
  async work(kind: Kind): Promise<string | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const connecting = (this.#connected ??= this.#connect());
      try {
        // oxlint-disable-next-line no-await-in-loop -- tried again only when it has failed
        return await this.#try(kind, await connecting);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        this.brokenCount += 1;
        // oxlint-disable-next-line no-await-in-loop -- as above
        if (error instanceof Closed) await this.#drop(connecting);
        // oxlint-disable-next-line no-await-in-loop -- a worker may have to start first
        await sleep(PAUSE_MS);
      }
    }
    throw new Error(`${this.tenant}: it was broken ${ATTEMPTS_MAX} times in a row`);
  }

  /** Makes one call more, which has to be in the audit. */
  async workToTheEnd(): Promise<void> {
    const hash = await this.work('echo');
    if (hash !== undefined) this.answered.push(hash);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connected = await this.#connected?.catch(() => undefined);
    await connected?.client[Symbol.asyncDispose]();
  }

  async #try(kind: Kind, { client, place }: Connected): Promise<string | undefined> {
    const task = this.#taskOf(kind, place);
    const { arguments: given } = task.params;
    const hash = given === undefined ? undefined : hashOfArguments(given);
    if (hash !== undefined) this.called.add(hash);
    const result = await client.ask(task);
    if (task.fault(result)) this.wrong.push(JSON.stringify([this.tenant, task.params, result]));
    return hash;
  }

  async #connect(): Promise<Connected> {
    const { port, tenant, key, ears, open } = this.#options;
    const place = `mine://${this.#nextMarker()}`;
    try {
      return { client: await open({ port, tenant, key, ears, place }), place };
    } catch (error) {
      this.#connected = undefined;
      throw error;
    }
  }

  /** The next attempt connects anew, unless another one did already. */
  async #drop(connecting: Promise<Connected>): Promise<void> {
    if (this.#connected !== connecting) return;
    this.#connected = undefined;
    const connected = await connecting.catch(() => undefined);
    await connected?.client[Symbol.asyncDispose]();
  }

  #taskOf(kind: Kind, place: string): Task {
    const { tenant } = this.#options;
    const principal = principalOf(tenant);
    const marker = this.#nextMarker();
    const callOf = (name: string, given: Fields, fault: Task['fault']): Task => {
      return { method: 'tools/call', params: { name, arguments: given }, marker, fault };
    };
    switch (kind) {
      case 'list':
        return {
          method: 'tools/list',
          params: {},
          marker,
          fault: (result) => !says(result, `only_${tenant}`),
        };
      case 'read':
        return {
          method: 'resources/read',
          params: { uri: `mine://${marker}` },
          marker,
          fault: (result) => !says(result, `mine://${marker} is of ${principal}`),
        };
      case 'fail':
        return callOf('fails', { marker }, (result) => {
          return !says(result, `${principal} cannot have ${marker}`);
        });
      case 'own':
        return callOf(`only_${tenant}`, {}, (result) => !says(result, principal));
      case 'change lists':
        return callOf('changes_lists', { marker }, (result) => !says(result, 'changed'));
      case 'ask':
      case 'echo': {
        const waitMs = WAIT_MS.min + Math.floor(Math.random() * (WAIT_MS.max - WAIT_MS.min));
        const given = { marker, waitMs, asks: kind === 'ask', touches: place };
        return callOf('echoes', given, ({ structuredContent }) => {
          return !isDeepStrictEqual(structuredContent, { marker, answered: marker, principal });
        });
      }
    }
  }

  #nextMarker(): string {
    this.#lastMarker += 1;
    return `${this.tenant}.${this.#options.number}.${this.#lastMarker}`;
  }
}

/** Who shows a key of a tenant's. */
export function principalOf(tenant: Tenant): string {
  return `key:${tenant}`;
}

function says(value: unknown, text: string): boolean {
  return JSON.stringify(value).includes(text);
}
