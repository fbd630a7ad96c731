/** Starts its own program again and again, while it is being imported. */
import { spawn } from 'node:child_process';

for (let n = 0; n < 5; n++) {
  spawn(process.execPath, ['-e', 'setTimeout(() => {}, 2000)', process.env.MCP_STATE_DIR ?? ''], {
    stdio: 'ignore',
  });
}
process.exit(1);

export { whoServes } from './well.ts';
