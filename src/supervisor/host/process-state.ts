import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findText, type KernelFolders } from './kernel-file.ts';

const VICTIM_STEP = 300;
const VICTIM_MAX = 1_000;

/** What a process does just now, by the letter of proc(5): R runs, S waits, T is stopped, D waits for a disk, Z has ended. */
export function findProcessState(pid: number, { proc }: KernelFolders): string | undefined {
  const stat = findText(join(proc, String(pid), 'stat')) ?? '';
  // The second field is the name, in brackets, with whatever characters it likes.
  return /.*\) ([A-Za-z]) /s.exec(stat)?.[1];
}

/**
 * Makes a process the kernel's choice when memory runs out, before the one that starts it again.
 * It is added to what is set already, or the opposite would come of it where containers are given a high value.
 * Says whether it worked.
 */
export function preferAsVictim(pid: number, { proc }: KernelFolders): boolean {
  const path = join(proc, String(pid), 'oom_score_adj');
  const score = Number(findText(path) ?? Number.NaN);
  if (Number.isNaN(score)) return false;
  try {
    writeFileSync(path, String(Math.min(score + VICTIM_STEP, VICTIM_MAX)));
    return true;
  } catch {
    // It is gone, or the kernel is not asked in this container.
    return false;
  }
}
