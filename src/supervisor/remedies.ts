import type { CrashClass } from '../shared/crash-class.ts';

/** What to do about a crash of a class, in one imperative sentence, where nobody who saw it knew better. */
export const REMEDIES: Readonly<Record<CrashClass, string>> = {
  usage: 'Correct the command line; `holdfast --help` lists what there is.',
  config: 'Correct the setting that the cause names; the README lists all of them.',
  missing_module:
    'Install the package that the cause names where the tools of MCP_TOOLS find it, or correct the import.',
  dep_auth: 'Set DATABASE_URL or REDIS_URL to credentials and a name that the server accepts.',
  dep_unreachable:
    'Start the server that the cause names, or correct DATABASE_URL or REDIS_URL; MCP_STARTUP_DEADLINE_MS says how long we wait for it.',
  port_in_use:
    'Stop the process that holds the port, or set MCP_PORT or MCP_ADMIN_PORT to another.',
  oom_heap:
    'Raise MCP_WORKER_MEMORY_BYTES, or lower MCP_WORKERS and the memory that the tools of MCP_TOOLS take.',
  oom_cgroup: 'Raise the memory limit of the container or the unit, or lower MCP_WORKERS.',
  resource:
    'Raise the limits of processes and open files (pids_limit, TasksMax, LimitNOFILE), or lower MCP_WORKERS.',
  hang: 'Correct what blocks the event loop where the stack says so; MCP_SUPERVISOR_SILENCE_MS says how long it may.',
  ready_timeout:
    'Correct what the last phase waits for, or raise MCP_SUPERVISOR_BOOT_MS (MCP_SUPERVISOR_SETUP_MS for migrations and setups).',
  clean_exit: 'Remove the call of `process.exit()` from the tools of MCP_TOOLS.',
  uncaught:
    'Correct the error that the evidence shows, or take the tool it comes from out of MCP_TOOLS.',
  killed:
    'Find out who sent the signal: the kernel (`dmesg`), an operator, or something that watches processes.',
  poison: 'Take the tool that the calls name out of MCP_TOOLS until it is mended.',
  supervisor_bug: 'Report this whole text to the authors of Holdfast, and start it again.',
};
