/** Folders such as the kernel shows, with what a test puts into them. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

import type { KernelFolders } from '../../../src/supervisor/host/kernel-file.ts';

/** Files by their path below `proc/` or `cgroup/`; a text that begins with `->` is where a link leads. */
export function kernelFolders(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): KernelFolders {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-kernel-'));
  t.after(() => {
    rmSync(root, { recursive: true, force: true });
  });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith('->')) symlinkSync(text.slice(2), join(root, path));
    else writeFileSync(join(root, path), text);
  }
  return { proc: join(root, 'proc'), cgroup: join(root, 'cgroup') };
}
