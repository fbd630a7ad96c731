/** Servers mounted as files would have them, with little patience, and their tools called. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CallContext } from '../../src/worker/domain/context.ts';
import type { ToolResult } from '../../src/worker/domain/tool-result.ts';
import type { LiveTools, Loaded, LoadOptions } from '../../src/worker/tools/load/loaded.ts';
import { createMountLoader } from '../../src/worker/tools/mounted/load-mounts.ts';
import type { MountPatience } from '../../src/worker/tools/mounted/mount.ts';
import { type Line, recordLog } from '../worker/recorded-log.ts';
import { call } from '../worker/tools/tool-context.ts';

/** What a machine that does much else at the same time still keeps to. */
export const PATIENCE: MountPatience = {
  answerMs: 15_000,
  lookMs: 60_000,
  lookMsMin: 20,
  graceMs: 60_000,
  backoffMs: 20,
  backoffMaxMs: 100,
  stableMs: 60_000,
  failuresMax: 50,
  windowMs: 60_000,
  restMs: 60_000,
};

export const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

/** A server of the fixtures, as a file names it. */
export function program(name: string, ...args: readonly string[]) {
  return { command: process.execPath, args: [fixture(name), ...args] };
}

export interface MountedOptions {
  readonly patience?: Partial<MountPatience>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly observeMounted?: LoadOptions['observeMounted'];
}

export interface Mounted extends AsyncDisposable {
  readonly loaded: Loaded;
  readonly lines: readonly Line[];
  /** What is said of the mounted server at all levels but debug. */
  readonly said: () => readonly string[];
  /** All that was logged, as text. */
  readonly logged: () => string;
  readonly live: LiveTools;
  readonly names: () => readonly string[];
  /** Calls a tool by the name that it has here. */
  readonly call: (
    name: string,
    given?: Readonly<Record<string, unknown>>,
    context?: Partial<CallContext>,
  ) => Promise<ToolResult>;
}

/** Writes a file, and reads it as a worker would. */
export async function loadText(
  text: string,
  { patience, environment = process.env, observeMounted }: MountedOptions = {},
): Promise<Loaded & { readonly lines: readonly Line[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'mounted-'));
  const path = join(folder, 'servers.json');
  writeFileSync(path, text);
  const { log, lines } = recordLog();
  const load = createMountLoader({ ...PATIENCE, ...patience });
  try {
    const options = { environment, log, ...(observeMounted && { observeMounted }) };
    return { ...(await load({ path, keptAt: path, version: 'v1' }, options)), lines };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Mounts one server, called `it`. */
export async function mount(server: object, options: MountedOptions = {}): Promise<Mounted> {
  // What is relative is so to the file, which is gone when all have started.
  const text = JSON.stringify({ mcpServers: { it: { cwd: import.meta.dirname, ...server } } });
  const loaded = await loadText(text, options);
  const [live] = loaded.live ?? [];
  if (live === undefined) throw new Error('What was mounted is there');
  const { lines } = loaded;
  return {
    loaded,
    lines,
    said: () => lines.filter(({ level }) => level !== 'debug').map(({ message }) => message),
    logged: () => JSON.stringify(lines),
    live,
    names: () => live.tools.map(({ name }) => name),
    call: async (name, given = {}, context = {}) => {
      const tool = live.tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`There is no ${name}`);
      return call(tool, given, context);
    },
    [Symbol.asyncDispose]: () => live[Symbol.asyncDispose](),
  };
}
