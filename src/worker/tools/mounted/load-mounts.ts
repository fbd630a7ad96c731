import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { readPackage } from '../../../shared/package.ts';
import type { Fault } from '../../../shared/proof.ts';
import { LoadFailure } from '../load/load-failure.ts';
import type { LoadFile } from '../load/loaded.ts';
import { type FirstAttempt, Mount, type MountPatience } from './mount.ts';
import { unobserved } from './observer.ts';
import { parseServers } from './parse-servers.ts';
import { ProcessGroups } from './process-groups.ts';

/** No file of servers is larger; what is, is of another kind. */
const FILE_BYTES_MAX = 1_048_576;

const PATIENCE: MountPatience = {
  answerMs: 10_000,
  lookMs: 60_000,
  lookMsMin: 1_000,
  graceMs: 60_000,
  backoffMs: 500,
  backoffMaxMs: 30_000,
  stableMs: 60_000,
  failuresMax: 8,
  windowMs: 300_000,
  restMs: 300_000,
};

/** Mounts the servers of a file with `mcpServers`. Other JSON is passed over. */
export const loadMounts: LoadFile = createMountLoader(PATIENCE);

/** Makes a loader that is as patient as that. */
export function createMountLoader(patience: MountPatience): LoadFile {
  return async (file, { environment, log, observeMounted = unobserved }) => {
    if (statSync(file.keptAt).size > FILE_BYTES_MAX) return {};
    const text = readFileSync(file.keptAt, 'utf8');
    const servers = parseServers(text, { file: file.path, environment });
    if (servers === undefined) return {};
    const self = { name: 'mcp-holdfast', version: readPackage().version };
    const groups = new ProcessGroups();
    await using opened = new AsyncDisposableStack();
    const mounts = servers.map((server) => {
      const observer = observeMounted(server.name);
      const random = Math.random;
      return opened.use(new Mount({ server, patience, groups, self, observer, random, log }));
    });
    const noted = await Promise.all(
      mounts.map(async (mount) => noteOf(await firstWithin(mount, patience.answerMs), mount)),
    );
    const notesOf = (kind: Note['kind']): readonly Fault[] =>
      noted.flat().flatMap(({ kind: of, subject, message }) => {
        const place = { file: file.path, line: undefined, column: undefined };
        return of === kind ? [{ ...place, subject, message }] : [];
      });
    const faults = notesOf('fault');
    if (faults.length > 0) throw new LoadFailure(faults);
    opened.move();
    return { live: mounts, warnings: notesOf('warning') };
  };
}

interface Note {
  readonly kind: 'fault' | 'warning';
  readonly subject: string;
  readonly message: string;
}

/** A server may take longer to start, and then its tools come later. */
async function firstWithin({ first }: Mount, ms: number): Promise<FirstAttempt> {
  const over = new AbortController();
  const late = { kind: 'away', reason: 'it does not answer in time' } as const;
  const timer = sleep(ms, late, { signal: over.signal }).catch(() => late);
  const attempt = await Promise.race([first, timer]);
  over.abort();
  return attempt;
}

function noteOf(attempt: FirstAttempt, { source }: Mount): readonly Note[] {
  switch (attempt.kind) {
    case 'up':
      return attempt.leftOut.map(({ name, message }) => ({
        kind: 'warning',
        subject: source,
        message: `The tool "${name}" of the server "${source}" is left out: ${message}`,
      }));
    case 'away':
      return [
        {
          kind: 'warning',
          subject: source,
          message: `The server "${source}" is away, and its tools are not served until it is back: ${attempt.reason}`,
        },
      ];
    case 'unstartable':
      return [
        { kind: 'fault', subject: source, message: `mcpServers.${source}: ${attempt.reason}` },
      ];
  }
}
