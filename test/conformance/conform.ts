/** The whole suite as tests of node:test: one for each scenario, in each revision it belongs to. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import { faultsOf, type LeftOut } from './judge.ts';
import {
  type Check,
  type Findings,
  listScenarios,
  REQUIREMENTS,
  REVISIONS,
  type Revision,
  readRequirements,
  tryOut,
} from './suite.ts';

const LAST_WORDS_LENGTH = 2_000;
const TASKS = 'Holdfast does not serve io.modelcontextprotocol/tasks';
const SKILLS = 'Holdfast does not serve io.modelcontextprotocol/skills, which is a draft';

/** Extensions, which nobody has to serve. */
export const EXTENSIONS: readonly LeftOut[] = [
  { scenario: 'tasks-lifecycle', reason: TASKS },
  { scenario: 'tasks-capability-negotiation', reason: TASKS },
  { scenario: 'tasks-wire-fields', reason: TASKS },
  { scenario: 'tasks-request-state-removal', reason: TASKS },
  { scenario: 'tasks-mrtr-input', reason: TASKS },
  { scenario: 'tasks-request-headers', reason: TASKS },
  { scenario: 'tasks-dispatch-and-envelope', reason: TASKS },
  { scenario: 'tasks-status-notifications', reason: TASKS },
  { scenario: 'tasks-required-task-error', reason: TASKS },
  { scenario: 'tasks-mrtr-composition', reason: TASKS },
  { scenario: 'sep-2640-skills-enumeration', reason: SKILLS },
  { scenario: 'sep-2640-skills-manifest', reason: SKILLS },
  { scenario: 'sep-2640-skills-directory', reason: SKILLS },
];

interface Trial {
  readonly revision: Revision;
  readonly selection: readonly string[];
  readonly expected: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Tries out what listens at an address. */
export async function conform(
  context: TestContext,
  url: string,
  without: readonly LeftOut[] = [],
): Promise<void> {
  const leftOut = [...EXTENSIONS, ...without];
  for (const revision of ['2025-11-25', '2026-07-28'] as const) {
    const { counted, beside } = readRequirements(revision);
    await context.test(
      `all ${REQUIREMENTS[revision]} scenarios that ${revision} requires pass`,
      async (t) => {
        assert.equal(counted.length, REQUIREMENTS[revision]);
        const expected = [...counted, ...beside];
        await judge(t, url, {
          revision,
          selection: ['--requirements', revision],
          expected,
          leftOut,
        });
      },
    );
  }
  for (const revision of REVISIONS) {
    await context.test(`every scenario of ${revision} passes`, async (t) => {
      const expected = await listScenarios(revision);
      const selection = ['--suite', 'all', '--spec-version', revision];
      await judge(t, url, { revision, selection, expected, leftOut });
    });
  }
}

async function judge(context: TestContext, url: string, trial: Trial): Promise<void> {
  const { revision, expected, leftOut } = trial;
  const findings = await tryOut(url, trial.selection);
  for (const scenario of expected) {
    const apart = leftOut.filter((entry) => entry.scenario === scenario);
    const skip = apart.find(({ check }) => check === undefined)?.reason ?? false;
    await context.test(`${scenario} (${revision})`, { skip }, (t) => {
      for (const { check, reason } of apart) t.diagnostic(`without ${check}: ${reason}`);
      judgeScenario(scenario, findings, apart);
    });
  }
}

function judgeScenario(
  scenario: string,
  { checks, output }: Findings,
  apart: readonly LeftOut[],
): void {
  const found = checks.get(scenario);
  assert.ok(found !== undefined, `It did not run to its end:\n${wordsAbout(scenario, output)}`);
  const isApart = ({ id }: Check): boolean => apart.some(({ check }) => check === id);
  assert.ok(apart.length === 0 || found.some(isApart), 'What is left out is not there any more');
  const faults = faultsOf(found.filter((check) => !isApart(check)));
  assert.equal(faults.length, 0, faults.join('\n\n'));
}

/** What was printed while a scenario ran, or at last, if it did not come to that. */
function wordsAbout(scenario: string, output: string): string {
  const [, since] = output.split(`=== Running scenario: ${scenario} ===`);
  return since?.split('=== Running scenario')[0] ?? output.slice(-LAST_WORDS_LENGTH);
}
