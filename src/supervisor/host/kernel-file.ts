import { readFileSync } from 'node:fs';

/** Where the kernel shows what it knows. Tests bring folders of their own. */
export interface KernelFolders {
  readonly proc: string;
  readonly cgroup: string;
}

/** Where Linux has them. Elsewhere they are missing, and then nothing is found. */
export const KERNEL_FOLDERS: KernelFolders = { proc: '/proc', cgroup: '/sys/fs/cgroup' };

/** Reads one of the kernel's files, if it is there and we may. */
export function findText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
