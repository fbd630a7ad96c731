import { spawn } from 'node:child_process';

/** Assignments as sd_notify(3) has them. A later value replaces one that was not sent yet. */
export type Notification = Readonly<Record<string, string>>;

export interface SdNotifyOptions {
  readonly socket: string;
  /** Whom it is about: us, and not the helper that says it. */
  readonly pid: number;
  /** Where `systemd-notify` is looked for. */
  readonly searchPath: string;
  readonly timeoutMs: number;
  /** Called once, with why systemd may not hear us. */
  readonly onFailure: (reason: string) => void;
}

/**
 * Talks to systemd through its helper `systemd-notify`, since Node has no datagram sockets of Unix.
 * One helper runs at a time, and what comes meanwhile waits as one message: never more than that.
 */
export class SdNotify {
  readonly #options: SdNotifyOptions;
  #waiting: Map<string, string> | undefined;
  #running = false;
  #failed = false;

  constructor(options: SdNotifyOptions) {
    this.#options = options;
  }

  /** Says it now, or together with what waits. Never throws: systemd not hearing us is no reason to end. */
  send(notification: Notification): void {
    this.#waiting ??= new Map();
    // One message cannot say both that a reload begins and that it is over.
    if ('READY' in notification) this.#waiting.delete('RELOADING');
    if ('RELOADING' in notification) this.#waiting.delete('READY');
    for (const [name, value] of Object.entries(notification)) this.#waiting.set(name, value);
    if (!this.#running) this.#run();
  }

  #run(): void {
    if (this.#waiting === undefined) return;
    const { socket, pid, searchPath, timeoutMs } = this.#options;
    const assignments = [...this.#waiting].map(([name, value]) => `${name}=${value}`);
    this.#waiting = undefined;
    this.#running = true;
    try {
      const helper = spawn('systemd-notify', ['--no-block', `--pid=${pid}`, ...assignments], {
        env: { NOTIFY_SOCKET: socket, PATH: searchPath },
        stdio: 'ignore',
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      helper.once('error', (error) => {
        // It was never born, and will not exit.
        if (helper.pid === undefined) this.#finish(error.message);
      });
      helper.once('exit', (code, signal) => {
        this.#finish(code === 0 ? undefined : `systemd-notify ended with ${code ?? signal}`);
      });
    } catch (error) {
      this.#finish(String(error));
    }
  }

  #finish(failure: string | undefined): void {
    this.#running = false;
    if (failure !== undefined && !this.#failed) {
      this.#failed = true;
      this.#options.onFailure(failure);
    }
    this.#run();
  }
}
