/** A thread that computes for so many milliseconds, and gives way to others as the threads of tools do. */
import { setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';

const NICENESS = 5;

if (process.platform === 'linux') setPriority(NICENESS);
const until = performance.now() + Number(workerData);
while (performance.now() < until);
