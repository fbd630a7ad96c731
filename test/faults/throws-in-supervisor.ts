/** Loaded into every process of a Holdfast before its own code: in the supervisor, it throws once a file is there. */
import { existsSync } from 'node:fs';

if (process.argv[2] === 'start') {
  setInterval(() => {
    if (existsSync(process.env.BROKEN_FILE ?? '/nowhere')) throw new Error('a bug of our own');
  }, 20).unref();
}
