/** The official conformance suite: what it has, and what it finds at an address. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';
import { z } from 'zod';

/** What the suite can speak. The requirements of two of them are fixed and counted. */
export const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
export const REQUIREMENTS = { '2025-11-25': 30, '2026-07-28': 37 } as const;

export type Revision = (typeof REVISIONS)[number];

const CLI = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'));
const REQUIREMENTS_FOLDER = join(CLI, '../../requirements');
const RUN_MS_MAX = 120_000;
const RESULTS_FOLDER = /^server-(.+)-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;

const CHECKS = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    description: z.string(),
    errorMessage: z.string().optional(),
    details: z.unknown().optional(),
  }),
);
const REQUIRED = z.object({
  server: z.array(z.string()),
  not_scored: z.array(z.object({ scenario: z.string(), leg: z.enum(['server', 'client']) })),
});

export type Check = z.output<typeof CHECKS>[number];

/** What a run found, by scenario. One that broke off has found nothing: the output says why. */
export interface Findings {
  readonly checks: ReadonlyMap<string, readonly Check[]>;
  readonly output: string;
}

/** Scenarios of a revision, or all there are. */
export async function listScenarios(revision?: Revision): Promise<string[]> {
  const { output, code } = await run([
    'list',
    '--server',
    ...(revision === undefined ? [] : ['--spec-version', revision]),
  ]);
  if (code !== 0) throw new Error(`The suite cannot say what it has:\n${output}`);
  return [...output.matchAll(/^ {2}- (\S+)/gm)].map(([, scenario = '']) => scenario);
}

/** What a revision requires of a server, and what is run beside it without being counted. */
export function readRequirements(revision: keyof typeof REQUIREMENTS): {
  readonly counted: readonly string[];
  readonly beside: readonly string[];
} {
  const text = readFileSync(join(REQUIREMENTS_FOLDER, `${revision}.yaml`), 'utf8');
  const { server, not_scored: notScored } = REQUIRED.parse(parse(text));
  return {
    counted: server,
    beside: notScored.flatMap(({ scenario, leg }) => (leg === 'server' ? [scenario] : [])),
  };
}

/** Runs what is selected, such as `--requirements 2025-11-25`, against a server. */
export async function tryOut(url: string, selection: readonly string[]): Promise<Findings> {
  using results = mkdtempDisposableSync(join(tmpdir(), 'holdfast-conformance-'));
  const { output } = await run(['server', '--url', url, '-o', results.path, ...selection]);
  const checks = new Map<string, readonly Check[]>();
  for (const folder of readdirSync(results.path)) {
    const file = join(results.path, folder, 'checks.json');
    const [, scenario] = RESULTS_FOLDER.exec(folder) ?? [];
    if (scenario === undefined || !existsSync(file)) continue;
    checks.set(scenario, CHECKS.parse(JSON.parse(readFileSync(file, 'utf8'))));
  }
  return { checks, output };
}

/** How it ends says little: warnings do not count there. */
async function run(
  args: readonly string[],
): Promise<{ readonly output: string; readonly code: number | null }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_MS_MAX,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  await once(child, 'close');
  if (child.signalCode !== null) {
    throw new Error(`The suite was at it for more than ${RUN_MS_MAX} ms:\n${output}`);
  }
  return { output, code: child.exitCode };
}
