import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { findText, type KernelFolders } from './kernel-file.ts';

/** Version 1 says "no limit" with a number near 2^63. No machine has as much. */
const NO_LIMIT_BYTES = 2 ** 60;

/** What the control group of this process says of memory and processes. What is unknown is absent. */
export interface CgroupFacts {
  /** The least that this group and those around it allow. */
  readonly memoryLimitBytes: number | undefined;
  /** How many processes were ended here for want of memory, since the group was made. */
  readonly oomKills: number | undefined;
  /** How often all of the group were ended at once. Version 2 alone counts that. */
  readonly oomGroupKills: number | undefined;
  /** Whether running out of memory ends all of us at once, the supervisor too: then a run ends without a report. */
  readonly isKilledAsGroup: boolean;
  readonly pidsMax: number | undefined;
}

/** Reads what our control group allows, and what befell it: version 2, version 1, or both side by side. */
export function readCgroup(folders: KernelFolders): CgroupFacts {
  const memory = foldersOf('memory', folders);
  const pids = foldersOf('pids', folders);
  const [own = folders.cgroup] = memory;
  const events = findText(join(own, 'memory.events')) ?? findText(join(own, 'memory.oom_control'));
  return {
    memoryLimitBytes: least(memory, 'memory.max') ?? least(memory, 'memory.limit_in_bytes'),
    oomKills: numberNamed('oom_kill', events),
    oomGroupKills: numberNamed('oom_group_kill', events),
    isKilledAsGroup: findText(join(own, 'memory.oom.group'))?.trim() === '1',
    pidsMax: least(pids, 'pids.max'),
  };
}

/** The folder of our group as a controller sees it, and those around it, the innermost first. */
function foldersOf(controller: string, { proc, cgroup }: KernelFolders): string[] {
  // hierarchy:controllers:path, as cgroups(7) has it. Version 2 names no controllers.
  const groups = (findText(join(proc, 'self', 'cgroup')) ?? '').split('\n').map((line) => {
    const [, controllers = '', ...path] = line.split(':');
    return { controllers: controllers.split(','), path: path.join(':') };
  });
  const first = groups.find(({ controllers }) => controllers.includes(controller));
  const mount = first === undefined ? cgroup : join(cgroup, controller);
  const path = (first ?? groups.find(({ controllers }) => controllers[0] === ''))?.path ?? '/';
  // In a container the path may be the one that the host knows, and the mount our own group.
  return upwards(path)
    .map((group) => join(mount, group))
    .filter((folder) => existsSync(folder));
}

/** A path and all above it: `/a/b`, `/a`, `/`. */
function upwards(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...upwards(above)];
}

/** The least of the limits that groups set by one of their files. */
function least(groups: readonly string[], file: string): number | undefined {
  const limits = groups
    .map((group) => Number(findText(join(group, file)) ?? Number.NaN))
    .filter((limit) => limit > 0 && limit < NO_LIMIT_BYTES);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function numberNamed(name: string, lines: string | undefined): number | undefined {
  const [, value] = new RegExp(`^${name} (\\d+)$`, 'm').exec(lines ?? '') ?? [];
  return value === undefined ? undefined : Number(value);
}
