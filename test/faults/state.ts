/** The state of a supervisor, as operators get it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv2020 } from 'ajv/dist/2020.js';

/** As much of the state as tests look at; its schema says the rest. */
export interface State {
  readonly supervisor: {
    readonly state: string;
    readonly stateReason: string;
    readonly selfPauses: { readonly count: number };
  };
  readonly capacity: Readonly<Record<string, number>>;
  readonly budget: { readonly bootStreak: number; readonly crashScore: number };
  readonly generation: {
    readonly current: number;
    readonly reload: { readonly lastResult: string | null };
  };
  readonly workers: readonly {
    readonly slot: number;
    readonly pid: number | null;
    readonly incarnation: number;
    readonly generation: number;
    readonly state: string;
    readonly restarts: number;
    readonly consecutiveFailures: number;
    readonly rssBytes: number | null;
    readonly connections: { readonly ws: number | null; readonly http: number | null };
    readonly lastExit: {
      readonly class: string;
      readonly cause: string;
      readonly signal: string | null;
      readonly code: number | null;
      readonly stack: readonly string[] | null;
      readonly stderrTail: readonly string[];
    } | null;
  }[];
  readonly dependencies: readonly {
    readonly name: string;
    readonly status: string;
    readonly lastError: { readonly class: string; readonly code: string | null } | null;
  }[];
  readonly quarantine: readonly {
    readonly fingerprint: string;
    readonly tool: string;
    readonly state: string;
  }[];
  readonly history: { readonly previousRun: { readonly how: string } | null };
}

const SCHEMA = join(import.meta.dirname, '../../docs/supervisor-state.schema.json');

/** Whether it follows the schema that is published. */
export const isState = new Ajv2020({
  allErrors: true,
  strict: false,
  validateFormats: false,
}).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));
