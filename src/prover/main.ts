/** A prover's process: loads one generation, says in its proof what came of it, and ends. 0: it is fit; 65: it is not. */
import { readConfig } from '../shared/config.ts';
import { Failure } from '../shared/errors.ts';
import { ExitCode, exitCodeOf } from '../shared/exit-codes.ts';
import { writeProof } from '../shared/generation.ts';
import { createLogger } from '../shared/logger.ts';
import { redactorOf } from '../shared/redact.ts';
import { proofOf } from '../worker/proof.ts';
import { installKeptModules } from '../worker/tools/load/kept-modules.ts';
import { LoadFailure } from '../worker/tools/load/load-failure.ts';
import { endWithStarter } from './orphan-watch.ts';
import { type Findings, prove } from './prove.ts';

/** As sysexits.h has it for input that is not as it should be. */
const UNFIT = 65;
/** What Node ends with when nothing is left that could still happen, and somebody waits all the same. */
const NODE_WAITS_IN_VAIN = 13;

let redact = redactorOf(process.env);
const log = createLogger({
  level: 'info',
  file: undefined,
  human: process.stdout.isTTY,
  redact: (text) => redact(text),
  fields: { process: 'prover', pid: process.pid },
});
const at = Date.now();

endWithStarter();
try {
  const [, , , generation = ''] = process.argv;
  const config = readConfig(process.env, process.cwd());
  const { databaseUrl: DATABASE_URL, redisUrl: REDIS_URL } = config;
  redact = redactorOf({ ...process.env, DATABASE_URL, REDIS_URL });
  installKeptModules();
  /** Which file is being loaded. */
  let busyWith: string | undefined;
  const conclude = (found: Findings): void => {
    const tookMs = Math.round(performance.now());
    writeProof(
      config.stateFolder,
      proofOf(found.lists, { ...found, generation, at, tookMs, redact }),
    );
  };
  const giveUp = (thrown: unknown): void => {
    const { faults } = LoadFailure.of(thrown, busyWith);
    conclude({ lists: undefined, faults, warnings: [] });
    process.exitCode = UNFIT;
  };
  // What is proved may end us, in whatever way. That is a finding as well.
  const onExit = (code: number): void => {
    const why = code === NODE_WAITS_IN_VAIN ? 'waits for what never comes' : 'ends the process';
    giveUp(new Failure('invalid', `${why} when it is loaded or tried`));
  };
  process.once('exit', onExit);
  process.once('uncaughtException', (error) => {
    process.off('exit', onExit);
    giveUp(error);
    process.exit();
  });
  const found = await prove({
    generation,
    stateFolder: config.stateFolder,
    databaseUrl: config.databaseUrl,
    environment: process.env,
    tooling: config.tooling,
    log,
    onBusyWith: (what) => {
      busyWith = what;
    },
  });
  process.off('exit', onExit);
  conclude(found);
  process.exit(found.faults.length === 0 ? ExitCode.Stopped : UNFIT);
} catch (error) {
  log.error('prover failed', { error });
  process.exit(exitCodeOf(error));
}
