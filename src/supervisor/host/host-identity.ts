import { hostname } from 'node:os';
import { join } from 'node:path';

import { findText, type KernelFolders } from './kernel-file.ts';

/** Which machine or container this is. */
export interface HostIdentity {
  readonly hostName: string;
  readonly containerId: string | undefined;
}

/** The id stands in the name of our control group, or in the place that files of the container are mounted from. */
const PATTERNS = [
  /(?:docker|libpod|crio|cri-containerd)[-/]([0-9a-f]{64})/,
  /\/(?:overlay-)?containers\/([0-9a-f]{64})\//,
  /\/kubepods[^\s:]*\/([0-9a-f]{64})(?:\s|$)/,
];

/** Reads which machine or container this is. */
export function readHostIdentity({ proc }: KernelFolders): HostIdentity {
  const texts = ['cgroup', 'mountinfo'].map((file) => findText(join(proc, 'self', file)) ?? '');
  const containerId = PATTERNS.flatMap((pattern) =>
    texts.flatMap((text) => pattern.exec(text)?.[1] ?? []),
  )[0];
  return { hostName: hostname(), containerId };
}
