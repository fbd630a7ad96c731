import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { embeddedFilePath } from '../../shared/embedded-file.ts';
import { type ProcessIdentity, parseProcessIdentity } from '../process-identity.ts';

/** One embedded server: how it is reached, and who it was when we last looked. */
export interface ServerRecord {
  readonly port: number;
  readonly password: string;
  readonly process: ProcessIdentity | null;
}

type ServerName = 'postgres' | 'redis';

/** `embedded.json` in the state folder: what must be known to reach the embedded servers, or to find them again. */
export class EmbeddedRecord {
  readonly #path: string;

  constructor(stateFolder: string) {
    this.#path = embeddedFilePath(stateFolder);
  }

  find(name: ServerName): ServerRecord | undefined {
    return parseServerRecord(this.#read()[name]);
  }

  /** Written beside and renamed, readable by its owner alone. */
  save(name: ServerName, server: ServerRecord): void {
    const text = JSON.stringify({ ...this.#read(), [name]: server }, null, 2);
    writeFileSync(`${this.#path}.new`, `${text}\n`, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }

  #read(): Readonly<Record<string, unknown>> {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      return typeof value === 'object' && value !== null ? { ...value } : {};
    } catch {
      return {};
    }
  }
}

function parseServerRecord(value: unknown): ServerRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('port' in value && 'password' in value)) return undefined;
  const { port, password } = value;
  if (typeof port !== 'number' || typeof password !== 'string') return undefined;
  const process = 'process' in value ? (parseProcessIdentity(value.process) ?? null) : null;
  return { port, password, process };
}
