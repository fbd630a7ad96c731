import type { Config } from '../shared/config.ts';
import { readProof } from '../shared/generation.ts';
import type { Logger } from '../shared/logger.ts';
import type { EmbeddedUrls } from './embedded/embedded.ts';
import type { SupervisorEvent } from './events.ts';
import { Generations } from './generations/generations.ts';
import { prove } from './generations/prove.ts';
import { ToolsReload } from './generations/tools-reload.ts';
import { nodeOptionsOf } from './launch.ts';
import type { Supervisor } from './supervisor.ts';
import { toolPathsOf } from './tool-paths.ts';

export interface OpenToolsOptions {
  readonly config: Config;
  /** `bin/holdfast.js`. */
  readonly bin: string;
  readonly urls: () => EmbeddedUrls;
  /** What workers find in their environment. */
  readonly environment: () => NodeJS.ProcessEnv;
  readonly supervisor: () => Supervisor;
  readonly stopping: AbortSignal;
  readonly onLine: (line: string) => void;
  readonly emit: (event: SupervisorEvent) => void;
  readonly log: Logger;
}

/** What agents are offered, with all that changes it. */
export interface Tools {
  readonly generations: Generations;
  readonly reload: ToolsReload;
  /** Where tools are on disk. */
  readonly paths: () => readonly string[];
}

/** Makes what a configuration asks for. Nothing is read yet. */
export function openTools(options: OpenToolsOptions): Tools {
  const { config, supervisor, urls, log } = options;
  const { stateFolder, supervision } = config;
  const paths = (): readonly string[] => toolPathsOf(config, urls());
  const generations = new Generations({ stateFolder, log, now: () => Date.now() });
  const reload = new ToolsReload({
    ...options,
    generations,
    paths,
    prove: (generation, signal) =>
      prove(
        generation,
        {
          stateFolder,
          bin: options.bin,
          execArgv: nodeOptionsOf(config, supervisor().snapshot().desired),
          environment: withoutPlace(options.environment()),
          deadlineMs: supervision.proofMs,
          onLine: options.onLine,
        },
        signal,
      ),
    findProof: (generation) => readProof(stateFolder, generation),
    workers: () => supervisor().serving,
    isReplacing: () => supervisor().isReplacing,
    announce: (lists) => {
      supervisor().tell({ type: 'announce', lists }, 'one');
    },
    deadlineMs: supervision.proofMs,
  });
  return { generations, reload, paths };
}

/** It fills no slot, even where we were started by somebody who does. */
function withoutPlace(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('HOLDFAST_')),
  );
}
