import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Failure } from '../../../shared/errors.ts';
import { isPrompt, type Prompt } from '../../prompts/prompt.ts';
import { isResource, type Resource } from '../../resources/resource.ts';
import { isTool, type SetupContext, type Tool } from '../tool.ts';

const EXTENSIONS = new Set(['.ts', '.js', '.mjs']);
const SETUP = /^setup\.[jt]s$|^setup\.mjs$/;
/** Schemas of Postgres, and of Holdfast itself. */
const NOT_OURS_TO_GIVE = /^(holdfast|public|information_schema|pg_.*)$/;
const NOT_CODE = /\.test\.|\.d\.ts$/;

/** What one entry of `MCP_TOOLS` holds. */
export interface ToolSource {
  /** The Postgres schema its statements run in: the folder's name, in letters that SQL takes as they are. */
  readonly schema: string;
  /** Its `migrations/`, if there are any. */
  readonly migrations: string | undefined;
  /** Files whose exports are tools, resources and prompts. */
  readonly files: readonly string[];
  /** Its `setup.ts`, if there is one: exports `setup(context)`. */
  readonly setup: string | undefined;
}

/** Makes a folder of tools ready. Called at every start, so what is done already is left alone. */
export type Setup = (context: SetupContext) => Promise<void>;

/** Looks at what `MCP_TOOLS` names, without running any of it. Two of the same name would share a schema, and are refused. */
export function findToolSources(paths: readonly string[]): readonly ToolSource[] {
  const bySchema = new Map<string, string>();
  return paths.map((path) => {
    const source = findToolSource(path);
    const other = bySchema.get(source.schema);
    if (other !== undefined) {
      throw new Failure('invalid', `MCP_TOOLS names ${other} and ${path}, which need two names`);
    }
    bySchema.set(source.schema, path);
    return source;
  });
}

/** Looks at one folder or file of tools. */
export function findToolSource(path: string): ToolSource {
  const absolute = resolve(path);
  if (!existsSync(absolute)) {
    throw new Failure('invalid', `MCP_TOOLS names ${path}, and there is nothing there`);
  }
  const isFolder = statSync(absolute).isDirectory();
  const name = isFolder ? basename(absolute) : basename(absolute, extname(absolute));
  const schema = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_');
  if (NOT_OURS_TO_GIVE.test(schema)) {
    throw new Failure('invalid', `MCP_TOOLS names ${path}, and ${name} is no name for tools`);
  }
  if (!isFolder) return { schema, migrations: undefined, files: [absolute], setup: undefined };

  const names = readdirSync(absolute, { withFileTypes: true })
    .filter((entry) => entry.isFile() && EXTENSIONS.has(extname(entry.name)))
    .map((entry) => entry.name)
    .filter((file) => !NOT_CODE.test(file))
    .toSorted();
  const migrations = join(absolute, 'migrations');
  const setup = names.find((file) => SETUP.test(file));
  return {
    schema,
    migrations: existsSync(migrations) ? migrations : undefined,
    files: names.filter((file) => file !== setup).map((file) => join(absolute, file)),
    setup: setup === undefined ? undefined : join(absolute, setup),
  };
}

/** What a source exports, under whatever name. */
export interface Loaded {
  readonly tools: readonly Tool[];
  readonly resources: readonly Resource[];
  readonly prompts: readonly Prompt[];
}

/** Imports a source's files and takes what they export. */
export async function loadExports({ files }: ToolSource): Promise<Loaded> {
  const tools: Tool[] = [];
  const resources: Resource[] = [];
  const prompts: Prompt[] = [];
  for (const file of files) {
    const exported = [...new Set(Object.values(await load(file)))];
    const found = [
      exported.filter(isTool),
      exported.filter(isResource),
      exported.filter(isPrompt),
    ] as const;
    if (found.every(({ length }) => length === 0)) {
      throw new Failure(
        'invalid',
        `${file} exports no tool, resource or prompt. Make one with defineTool, defineResource or definePrompt; what is none goes into a folder below`,
      );
    }
    tools.push(...found[0]);
    resources.push(...found[1]);
    prompts.push(...found[2]);
  }
  return { tools, resources, prompts };
}

/** Imports a folder's `setup.ts`. */
export async function loadSetup(file: string): Promise<Setup> {
  const { setup } = await load(file);
  if (isSetup(setup)) return setup;
  throw new Failure('invalid', `${file} exports no function "setup"`);
}

/** Any function will do: what it is called with is all that we can say of it. */
function isSetup(value: unknown): value is Setup {
  return typeof value === 'function';
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
    return module;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure('invalid', `${file} cannot be loaded: ${reason}`, { cause: error });
  }
}
