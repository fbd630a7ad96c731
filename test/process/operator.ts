/** An operator: asks the admin endpoint of a server, and gives orders. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { findAdminRecord } from '../../src/shared/admin-files.ts';

/** JSON as an operator reads it: what is in it, tests say. */
export type Told = ReturnType<typeof JSON.parse>;

export class Operator {
  readonly #stateFolder: string;

  constructor(stateFolder: string) {
    this.#stateFolder = stateFolder;
  }

  async ask(path: string): Promise<Told> {
    return JSON.parse(await this.read(path));
  }

  async read(path: string): Promise<string> {
    const response = await fetch(this.#urlOf(path));
    assert.equal(response.status, 200, path);
    return response.text();
  }

  async order(
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly told: Told }> {
    const token = readFileSync(join(this.#stateFolder, 'admin-token'), 'utf8').trim();
    const response = await fetch(this.#urlOf(path), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, told: await response.json() };
  }

  /** Events of a kind, the oldest first. */
  async events(type: string): Promise<readonly Told[]> {
    const { events } = await this.ask('/supervisor/events');
    return events.filter((event: Told) => event.type === type);
  }

  #urlOf(path: string): string {
    const record = findAdminRecord(this.#stateFolder);
    return `http://127.0.0.1:${record?.port}${path}`;
  }
}
