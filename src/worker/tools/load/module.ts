import { fileURLToPath } from 'node:url';

import { Failure } from '../../../shared/errors.ts';
import type { Fault } from '../../../shared/proof.ts';
import { makerOf } from '../../authoring/maker.ts';
import { isPrompt } from '../../prompts/prompt.ts';
import { isResource } from '../../resources/resource.ts';
import { isTool, type SetupContext } from '../tool.ts';
import { holdVersion, importKept, isOfVersion, withoutVersions } from './kept-modules.ts';
import { LoadFailure } from './load-failure.ts';
import type { LoadFile } from './loaded.ts';
import type { SourceFile } from './source.ts';

/** Makes a folder of tools ready. Called at every start, so what is done already is left alone. */
export type Setup = (context: SetupContext) => Promise<void>;

/** Imports a module, and takes what it exports, under whatever names. */
export const loadModule: LoadFile = async (file) => {
  const exported = [
    ...new Map(Object.entries(await importModule(file)).map(([as, it]) => [it, as])),
  ];
  const tools = exported.flatMap(([it, exportName]) =>
    isTool(it) ? [{ tool: it, exportName }] : [],
  );
  const values = exported.map(([it]) => it);
  const resources = values.filter(isResource);
  const prompts = values.filter(isPrompt);
  if (tools.length + resources.length + prompts.length === 0) {
    throw new Failure(
      'invalid',
      'exports no tool, resource or prompt. Make one with defineTool, defineResource or definePrompt; what is none goes into a folder below',
    );
  }
  return { tools, resources, prompts };
};

/** Imports a folder's `setup.ts`. */
export async function loadSetup(file: SourceFile): Promise<Setup> {
  const { setup } = await importModule(file);
  if (isSetup(setup)) return setup;
  throw new Failure('invalid', `${file.path} exports no function "setup"`);
}

/**
 * Holds the modules of a version while what they define is offered. Then what only calls need is taken from them: not of
 * what they have from elsewhere, which is loaded once for all versions.
 */
export function holdModules(version: string): Disposable {
  return holdVersion(version, (exported) => {
    if (!(isTool(exported) || isResource(exported) || isPrompt(exported))) return;
    const maker = makerOf(exported);
    if (maker !== undefined && isOfVersion(maker)) empty(exported);
  });
}

/** Schemas are large, and reached from nowhere but here. */
function empty(definition: object): void {
  for (const [name, value] of Object.entries(definition)) {
    if (typeof value === 'function') Reflect.set(definition, name, isGone);
    else if (typeof value === 'object') Reflect.deleteProperty(definition, name);
  }
}

/** What is done in the background may come to it late. */
async function isGone(): Promise<never> {
  throw new Failure('unavailable', 'This is served no more');
}

/** Any function will do: what it is called with is all that we can say of it. */
function isSetup(value: unknown): value is Setup {
  return typeof value === 'function';
}

async function importModule(file: SourceFile): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importKept(file);
  } catch (error) {
    const reason = withoutVersions(error instanceof Error ? error.message : String(error));
    const place = findPlace(error) ?? { file: file.path, line: undefined, column: undefined };
    const fault = { ...place, subject: undefined, message: `cannot be loaded: ${reason}` };
    throw new LoadFailure([fault], { cause: error });
  }
}

/** The first place in what was loaded that the stack names: it may be in a file that was imported. */
function findPlace(error: unknown): Pick<Fault, 'file' | 'line' | 'column'> | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const found = /(file:\S+)\?version=[0-9a-f.]+:(\d+)(?::(\d+))?/.exec(stack);
  if (found === null) return undefined;
  const [, url = '', line, column = markedColumn(stack.slice(found.index))] = found;
  return {
    file: fileURLToPath(url),
    line: Number(line),
    column: column === undefined ? undefined : Number(column),
  };
}

/** Of what cannot be parsed the line is shown, with a mark below the place. */
function markedColumn(stack: string): number | undefined {
  const indent = /^( *)\^+$/m.exec(stack)?.[1];
  return indent === undefined ? undefined : indent.length + 1;
}
