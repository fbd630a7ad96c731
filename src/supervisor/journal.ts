import type { Logger } from '../shared/logger.ts';
import { sentenceOf } from '../shared/proof.ts';
import type { SupervisorEvent } from './events.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** How grave an event is, and what it is called in the log. What is not here is only counted. */
const LINES: Readonly<Partial<Record<SupervisorEvent['type'], readonly [Level, string]>>> = {
  state_changed: ['info', 'state changed'],
  worker_forked: ['debug', 'worker was forked'],
  worker_phase: ['debug', 'worker enters a phase'],
  worker_ready: ['info', 'worker is ready'],
  worker_suspect: ['warn', 'worker is silent'],
  hang_recovered: ['warn', 'worker is heard again'],
  worker_killed: ['error', 'worker is killed'],
  worker_restarting: ['warn', 'worker is started again'],
  worker_parked: ['error', 'slot is parked, for it fails again and again while others serve'],
  drain_started: ['info', 'worker is told to drain'],
  drain_finished: ['info', 'worker has drained'],
  reload_started: ['info', 'reload begins'],
  reload_finished: ['info', 'reload is over'],
  tools_reload_started: ['info', 'tools are loaded anew'],
  tools_reloaded: ['info', 'tools are served anew'],
  tools_unchanged: ['debug', 'tools are what they were'],
  tools_rolled_back: ['info', 'tools of before are served again'],
  tools_not_taken: ['warn', 'worker has other tools than all others, and is to be replaced'],
  worker_recycled: ['info', 'worker is replaced'],
  memory_leak_suspected: ['error', 'workers are replaced for their memory again and again'],
  worker_exited: ['info', 'worker ended as asked'],
  supervisor_paused: ['warn', 'supervisor was paused, and counts none of it against its workers'],
  channel_failed: ['debug', 'channel to a worker failed'],
  handles_closed: ['info', 'connections on their way to a dead worker were closed'],
  call_quarantined: ['error', 'call is refused from now on, for it ends workers'],
  call_on_trial: ['warn', 'call is let through once, to see whether it still ends a worker'],
  call_released: ['info', 'call is free again'],
  scaled: ['info', 'number of workers changed'],
  fatal: ['error', 'giving up'],
  hold_started: ['warn', 'exit is held back, for it is one in a loop'],
};

/** Writes an event as one line. */
export function writeToJournal(log: Logger, event: SupervisorEvent): void {
  if (event.type === 'worker_exited' && !event.planned) {
    const { crash, ...how } = event;
    log.warn('worker died', { ...fieldsOf(how), ...crash });
    return;
  }
  if (event.type === 'dependency_changed') {
    // A field "message" would be added to the line's own.
    const { name, status, message: cause, ...how } = event.dependency;
    const more = { cause, ...how };
    if (status === 'up') log.info('dependency answers', { name, ...more });
    else log.warn('dependency does not answer', { name, ...more });
    return;
  }
  if (event.type === 'tools_reload_failed') {
    const faults = event.faults.map(sentenceOf);
    log.error(
      'tools are not taken, and those of before are served on',
      fieldsOf({ ...event, faults }),
    );
    return;
  }
  const line = LINES[event.type];
  if (line !== undefined) log[line[0]](line[1], fieldsOf(event));
}

/** The fields of a line. Whose slot and process it is about must not be taken for who speaks. */
function fieldsOf(event: object): object {
  const {
    type: _type,
    slot: worker,
    pid: workerPid,
    ...fields
  } = { slot: undefined, pid: undefined, type: '', ...event };
  return { worker, workerPid, ...fields };
}
