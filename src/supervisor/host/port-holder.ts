import { readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

import { findText, type KernelFolders } from './kernel-file.ts';

/** How many open files of others are looked at. Enough for thousands of processes, and over in a second. */
const FILES_MAX = 200_000;
const LISTENS = '0A';

/** Who listens on a port. Of another user's process we may learn no more than whose it is. */
export interface PortHolder {
  readonly uid: number;
  readonly pid: number | undefined;
  readonly program: string | undefined;
}

/** Finds who listens on a TCP port of this machine, or of this container. */
export function findPortHolder(port: number, folders: KernelFolders): PortHolder | undefined {
  const socket = findListener(port, folders);
  if (socket === undefined) return undefined;
  const pid = findOwner(socket.inode, folders);
  const program =
    pid === undefined ? undefined : findTarget(join(folders.proc, String(pid), 'exe'));
  return { uid: socket.uid, pid, program: program && basename(program) };
}

/** The holder as part of a sentence. */
export function describeHolder({ uid, pid, program }: PortHolder): string {
  if (pid === undefined) return `a process of user ${uid}`;
  return program === undefined ? `process ${pid}` : `${program} (process ${pid})`;
}

interface Listener {
  readonly inode: string;
  readonly uid: number;
}

/** Columns as proc_net_tcp has them: slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode. */
function findListener(port: number, { proc }: KernelFolders): Listener | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const file of ['tcp', 'tcp6']) {
    for (const line of (findText(join(proc, 'net', file)) ?? '').split('\n')) {
      const [, local = '', , state, , , , uid, , inode] = line.trim().split(/\s+/);
      if (state !== LISTENS || !local.endsWith(suffix) || inode === undefined) continue;
      return { inode, uid: Number(uid) };
    }
  }
  return undefined;
}

function findOwner(inode: string, { proc }: KernelFolders): number | undefined {
  let looked = 0;
  for (const pid of listFolder(proc).filter((name) => /^\d+$/.test(name))) {
    const files = join(proc, pid, 'fd');
    for (const file of listFolder(files)) {
      looked += 1;
      if (looked > FILES_MAX) return undefined;
      if (findTarget(join(files, file)) === `socket:[${inode}]`) return Number(pid);
    }
  }
  return undefined;
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function findTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
