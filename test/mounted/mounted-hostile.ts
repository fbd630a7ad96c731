/** Programs of `fixtures/hostile.ts`, mounted. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { Failure, type FailureCode } from '../../src/shared/errors.ts';
import { type Mounted, type MountedOptions, mount, program } from './mounted.ts';

/** Whether what was thrown is a failure of that kind. */
export function isFailure(code: FailureCode) {
  return (thrown: unknown): boolean => thrown instanceof Failure && thrown.code === code;
}

/** Mounts a program that does one thing. */
export async function mountHostile(
  t: TestContext,
  behaviour: string,
  {
    args = [],
    terms = {},
    ...options
  }: MountedOptions & {
    readonly args?: readonly string[];
    readonly terms?: object;
  } = {},
): Promise<Mounted> {
  const server = { ...program('hostile.ts', behaviour, ...args), ...terms };
  const mounted = await mount(server, options);
  t.after(() => mounted[Symbol.asyncDispose]());
  return mounted;
}

/** A place for a file that is gone after the test. */
export function placeIn(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'file');
}

/** Whether its other tool still works. */
export const works = async ({ call }: Mounted): Promise<void> => {
  assert.deepEqual((await call('it_works')).content, [{ type: 'text', text: 'works' }]);
};

/** Whether a process is there, and not only its remains. */
export function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z';
  } catch {
    return false;
  }
}
