import { readFileSync, statSync } from 'node:fs';
import { type LoadHookSync, type ResolveHookSync, registerHooks } from 'node:module';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { codeOf, Failure } from '../../../shared/errors.ts';
import type { SourceFile } from './source.ts';

/** A folder as it was: where it was written, and where that is kept. */
interface Copy {
  /** What stands in the addresses of its modules. */
  readonly label: string;
  readonly root: string;
  readonly folder: string;
}

type Module = Readonly<Record<string, unknown>>;

/** What was imported of a version. */
interface Version {
  readonly label: string;
  readonly modules: Set<Module>;
  holders: number;
}

const OURS = 'mcp-holdfast';
/** The very module that serves, as source or compiled: a tool is known by what made it. */
const OUR_INDEX = new URL(`../../../index${extname(import.meta.url)}`, import.meta.url).href;
const NOT_FOUND: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);
const FORMATS: Readonly<Record<string, string>> = {
  '.ts': 'module-typescript',
  '.mts': 'module-typescript',
  '.js': 'module',
  '.mjs': 'module',
  '.json': 'json',
};
/** Of what `require` loads there can be only one for each path. */
const COMMON_JS: ReadonlySet<string> = new Set(['.cjs', '.cts']);
const VERSION = 'version';

/** Hooks are the whole thread's, and so is what they know. A copy stays, as its modules do. */
const copies = new Map<string, readonly Copy[]>();
const versions = new Map<string, Version>();
/** How often a version was let go of, and so has to be imported anew. */
const releases = new Map<string, number>();
let isInstalled = false;

/**
 * Lets this thread import files of a generation: under the address where they were written, with their version behind
 * it, and with the text that was kept. What they import of their own folder is of the same version; all else is what
 * lies on disk, loaded once. From anywhere, `mcp-holdfast` is this package, and `zod` is ours for who has none.
 */
export function installKeptModules(): void {
  if (isInstalled) return;
  isInstalled = true;
  registerHooks({ resolve, load });
}

/** Imports a file of a generation. What was imported of its version before, is not imported again. */
export async function importKept(file: SourceFile): Promise<Module> {
  const { path, keptAt, version } = file;
  const { label, modules } = versionOf(version);
  const [before = ''] = keptAt.split(`${sep}${version}${sep}`);
  const folder = join(before, version);
  const root = path.slice(0, -relative(folder, keptAt).length - 1);
  const known = copies.get(label) ?? [];
  if (!known.some((copy) => copy.root === root))
    copies.set(label, [...known, { label, root, folder }]);
  const module: Module = await import(addressOf(path, label));
  modules.add(module);
  return module;
}

/**
 * Holds what is imported of a version, until what this returns is disposed of. Modules are never forgotten by Node: when the
 * last has let go, `empty` is called with all that they export and no other version does, and whoever wants the version
 * again imports it anew.
 */
export function holdVersion(version: string, empty: (exported: unknown) => void): Disposable {
  const held = versionOf(version);
  held.holders += 1;
  return {
    [Symbol.dispose]() {
      held.holders -= 1;
      if (held.holders > 0) return;
      versions.delete(version);
      releases.set(version, (releases.get(version) ?? 0) + 1);
      const others = new Set([...versions.values()].flatMap(exportsOf));
      for (const exported of exportsOf(held)) if (!others.has(exported)) empty(exported);
    },
  };
}

/** Whether an address is of a module that is imported anew for each version. */
export function isOfVersion(url: string): boolean {
  return findCopy(url) !== undefined;
}

/** A text about modules, as whoever wrote them knows them. */
export function withoutVersions(text: string): string {
  return text.replaceAll(/\?version=[0-9a-f.]+/g, '');
}

const resolve: ResolveHookSync = (specifier, context, nextResolve) => {
  const { parentURL } = context;
  const copy = findCopy(parentURL) ?? findCopy(specifier);
  if (copy !== undefined && /^(?:\.{0,2}\/|file:)/.test(specifier)) {
    const url = findKept(new URL(specifier, parentURL), copy);
    if (url !== undefined) return { url, shortCircuit: true };
  }
  if (specifier === OURS) return { url: OUR_INDEX, shortCircuit: true };
  const found = resolveOutside(specifier, context, nextResolve);
  // A package may have names for files of its own.
  const url = copy && URL.canParse(found.url) ? findKept(new URL(found.url), copy) : undefined;
  return url === undefined ? found : { ...found, url };
};

const resolveOutside: ResolveHookSync = (specifier, context, nextResolve) => {
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    if (!/^zod(?:\/|$)/.test(specifier) || !NOT_FOUND.has(codeOf(error))) throw error;
    return nextResolve(specifier, { ...context, parentURL: import.meta.url });
  }
};

const load: LoadHookSync = (url, context, nextLoad) => {
  const copy = findCopy(url);
  if (copy === undefined) return nextLoad(url, context);
  const path = fileURLToPath(url);
  const extension = extname(path);
  if (COMMON_JS.has(extension)) {
    throw new Failure('invalid', `${path} is CommonJS. What tools are made of are ES modules`);
  }
  const keptAt = join(copy.folder, relative(copy.root, path));
  const format = FORMATS[extension];
  if (format === undefined) return nextLoad(pathToFileURL(keptAt).href, context);
  return { format, source: readFileSync(keptAt), shortCircuit: true };
};

/** Which copy a module is of, if it is of one. */
function findCopy(url: string | undefined): Copy | undefined {
  if (url === undefined || !url.startsWith('file:') || !url.includes(`${VERSION}=`)) {
    return undefined;
  }
  const address = new URL(url);
  const path = fileURLToPath(address);
  const labelled = copies.get(address.searchParams.get(VERSION) ?? '') ?? [];
  return labelled.find(({ root }) => path.startsWith(`${root}${sep}`));
}

/** The address of a file in a copy, if it is part of that. */
function findKept(address: URL, { label, root, folder }: Copy): string | undefined {
  if (address.protocol !== 'file:') return undefined;
  const path = fileURLToPath(address);
  if (!path.startsWith(`${root}${sep}`)) return undefined;
  const kept = statSync(join(folder, relative(root, path)), { throwIfNoEntry: false });
  return kept?.isFile() === true ? addressOf(path, label) : undefined;
}

function exportsOf({ modules }: Version): readonly unknown[] {
  return [...modules].flatMap((module) => Object.values(module));
}

function versionOf(version: string): Version {
  const known = versions.get(version);
  if (known !== undefined) return known;
  const count = releases.get(version);
  const label = count === undefined ? version : `${version}.${count}`;
  const begun = { label, modules: new Set<Module>(), holders: 0 };
  versions.set(version, begun);
  return begun;
}

function addressOf(path: string, label: string): string {
  const url = pathToFileURL(path);
  url.searchParams.set(VERSION, label);
  return url.href;
}
