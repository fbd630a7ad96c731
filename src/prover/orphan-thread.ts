/** A thread that waits for the end of stdin. Nothing is ever written there. */
import { Socket } from 'node:net';

new Socket({ fd: 0, readable: true, writable: false })
  .on('error', () => undefined)
  .once('close', () => {
    // It leads the group that tools' processes are of.
    process.kill(-process.pid, 'SIGKILL');
  })
  .resume();
