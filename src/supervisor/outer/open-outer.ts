import type { Logger } from '../../shared/logger.ts';
import { Outer } from './outer.ts';
import { SdNotify } from './sd-notify.ts';
import type { Surroundings } from './surroundings.ts';

/** The helper takes milliseconds. One that hangs must not keep the next from being heard. */
const HELPER_TIMEOUT_MS = 2_000;

export interface OpenOuterOptions {
  readonly surroundings: Surroundings;
  /** `PATH`: where `systemd-notify` is looked for. */
  readonly searchPath: string;
  readonly log: Logger;
}

/** What stands outside of this process, ready to be told. */
export function openOuter({ surroundings, searchPath, log }: OpenOuterOptions): Outer {
  const sdNotify = new SdNotify({
    socket: surroundings.notifySocket ?? '',
    pid: process.pid,
    searchPath,
    timeoutMs: HELPER_TIMEOUT_MS,
    onFailure: (reason) => {
      log.warn('systemd is not told how we are', { reason });
    },
  });
  return new Outer({
    surroundings,
    notify: (notification) => {
      sdNotify.send(notification);
    },
    sendToPm2:
      process.send && ((message) => void process.send?.(message, undefined, {}, () => undefined)),
    // CLOCK_MONOTONIC on Linux, and in nanoseconds.
    now: () => Number(process.hrtime.bigint()) / 1e6,
  });
}
