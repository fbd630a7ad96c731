/** What tests of degradation have in common. */
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

import { Patient } from '../faults/patient.ts';
import type { State } from '../faults/state.ts';

/** Why what needs the real Redis is skipped, where there is none. */
export const noRedis =
  spawnSync('redis-server', ['--version']).status === 0 ? false : 'there is no redis-server here';

/** A Holdfast with our tools. What is measured is measured with the timers of production. */
export function startMeasured(env: Readonly<Record<string, string>>, workers = 2): Patient {
  return new Patient({
    tools: '../../degradation/tools',
    workers,
    env: {
      MCP_SUPERVISOR_PROBE_MS: '500',
      MCP_SUPERVISOR_HEARTBEAT_MS: '1000',
      MCP_SUPERVISOR_SUSPECT_MS: '5000',
      MCP_SUPERVISOR_SILENCE_MS: '15000',
      MCP_LOG_LEVEL: 'info',
      ...env,
    },
  });
}

/** Whether a dependency is in that state. */
export function isSeen(wanted: string, status: 'up' | 'down'): (state: State) => boolean {
  return ({ dependencies }) =>
    dependencies.some((each) => each.name === wanted && each.status === status);
}

/** The code of what was last wrong with it. */
export function lastCode({ dependencies }: State, wanted: string): string | null | undefined {
  return dependencies.find(({ name }) => name === wanted)?.lastError?.code;
}

/** Shows a number that was measured, whether or not it is within its bound. */
export function show(t: TestContext, numbers: Readonly<Record<string, number>>): void {
  const shown = Object.entries(numbers).map(([what, number]) => `${what} ${Math.round(number)}`);
  t.diagnostic(shown.join(', '));
}
