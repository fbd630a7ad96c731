/** Is well, until a file is there that breaks it. */
import { existsSync } from 'node:fs';

if (existsSync(process.env.BROKEN_FILE ?? '/nowhere')) process.exit(1);

export { waits, whoServes } from './well.ts';
