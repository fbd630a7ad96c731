/** The socket that systemd listens on, with Python behind it: Node has no datagram sockets of Unix. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const RECEIVE = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True: print(repr(s.recv(4096).decode()), flush=True)`;

const missing = ['systemd-notify', 'python3'].filter(
  (program) => spawnSync(program, ['--version']).status !== 0,
);
/** Why this machine cannot be asked, if it cannot. */
export const noNotifySocket =
  missing.length > 0 && `this machine has no ${missing.join(' and no ')}`;

export interface NotifySocket {
  readonly path: string;
  /** Every message so far, its lines separated by `\n` as it is written in Python. */
  readonly heard: () => readonly string[];
}

/** Opens the socket until the test is over. */
export async function openNotifySocket(t: TestContext): Promise<NotifySocket> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-notify-'));
  const path = join(folder, 'notify');
  const receiver = spawn('python3', ['-c', RECEIVE, path]);
  t.after(async () => {
    receiver.kill('SIGKILL');
    await once(receiver, 'close');
    rmSync(folder, { recursive: true, force: true });
  });
  let output = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(receiver.stdout, 'data');
  return { path, heard: () => output.trim().split('\n').slice(1) };
}
