import { basename, dirname, extname, join } from 'node:path';

import { Failure } from '../../../shared/errors.ts';
import {
  findGeneration,
  type Generation,
  type GenerationSource,
  keptFolder,
} from '../../../shared/generation.ts';

const CODE = new Set(['.ts', '.js', '.mjs']);
const DEFINITIONS = new Set([...CODE, '.yaml', '.yml', '.json']);
const SETUP = /^setup\.[jt]s$|^setup\.mjs$/;
/** Schemas of Postgres, and of Holdfast itself. */
const NOT_OURS_TO_GIVE = /^(holdfast|public|information_schema|pg_.*)$/;
/** Beside tools lie their tests, types, and what npm and TypeScript ask for. */
const NOT_TOOLS = /\.test\.|\.d\.ts$|^(package|package-lock|tsconfig|jsconfig)\.json$/;

/** A file of a source, as it was when its generation was kept. */
export interface SourceFile {
  /** Where it was written: what people know it by, and what its imports are relative to. */
  readonly path: string;
  /** Where the copy is that is read. */
  readonly keptAt: string;
  /** That of its source. */
  readonly version: string;
}

/** What one entry of `MCP_TOOLS` holds. */
export interface ToolSource {
  /** Where it was found. */
  readonly path: string;
  /** A hash of all that it holds. */
  readonly version: string;
  /** The Postgres schema its statements run in: the folder's name, in letters that SQL takes as they are. */
  readonly schema: string;
  /** Its `migrations/`, as they were kept, if there are any. */
  readonly migrations: string | undefined;
  /** Files that define tools, resources and prompts. */
  readonly files: readonly SourceFile[];
  /** Its `setup.ts`, if there is one: exports `setup(context)`. */
  readonly setup: SourceFile | undefined;
}

/** Finds what a generation holds by its id. Throws a `Failure` if there is none. */
export function getToolSources(stateFolder: string, id: string): readonly ToolSource[] {
  const generation = findGeneration(stateFolder, id);
  if (generation === undefined) throw new Failure('invalid', `There is no generation ${id}`);
  return findToolSources(stateFolder, generation);
}

/** Looks at what a generation holds, without running any of it. Two sources of the same name would share a schema, and are refused. */
export function findToolSources(
  stateFolder: string,
  { sources }: Generation,
): readonly ToolSource[] {
  const bySchema = new Map<string, string>();
  return sources.map((source) => {
    const found = findToolSource(stateFolder, source);
    const other = bySchema.get(found.schema);
    if (other !== undefined) {
      throw new Failure(
        'invalid',
        `MCP_TOOLS names ${other} and ${source.path}, which need two names`,
      );
    }
    bySchema.set(found.schema, source.path);
    return found;
  });
}

function findToolSource(stateFolder: string, source: GenerationSource): ToolSource {
  const { path, isFolder, version, files } = source;
  const name = isFolder ? basename(path) : basename(path, extname(path));
  const schema = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_');
  if (NOT_OURS_TO_GIVE.test(schema)) {
    throw new Failure('invalid', `MCP_TOOLS names ${path}, and ${name} is no name for tools`);
  }
  const kept = keptFolder(stateFolder, source);
  const root = isFolder ? path : dirname(path);
  const fileOf = (below: string): SourceFile => ({
    path: join(root, below),
    keptAt: join(kept, below),
    version,
  });
  if (!isFolder)
    return {
      path,
      version,
      schema,
      migrations: undefined,
      files: files.map(fileOf),
      setup: undefined,
    };
  const names = files.filter(
    (below) => !below.includes('/') && DEFINITIONS.has(extname(below)) && !NOT_TOOLS.test(below),
  );
  const setup = names.find((below) => SETUP.test(below));
  const hasMigrations = files.some((below) => below.startsWith('migrations/'));
  return {
    path,
    version,
    schema,
    migrations: hasMigrations ? join(kept, 'migrations') : undefined,
    files: names.filter((below) => below !== setup).map(fileOf),
    setup: setup === undefined ? undefined : fileOf(setup),
  };
}
