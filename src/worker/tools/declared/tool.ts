import type { Icon } from '../../domain/content.ts';
import { CACHE_MS_MAX } from '../caching.ts';
import { LoadFailure } from '../load/load-failure.ts';
import type { LoadOptions } from '../load/loaded.ts';
import {
  type CachePolicy,
  defineTool,
  type SelfTest,
  type Tool,
  type ToolAnnotations,
} from '../tool.ts';
import { COMMON_FIELDS, HINTS } from './fields.ts';
import type { DeclaredKind } from './kind.ts';
import { KINDS } from './kinds.ts';
import { parseParameters } from './parameters.ts';
import type { DeclaredMap, DeclaredValue } from './value.ts';

const TIMEOUT_MS = 30_000;
const TIMEOUT_RANGE = { min: 1, max: 3_600_000 } as const;
const TTL_RANGE = { min: 1, max: CACHE_MS_MAX } as const;
const ICON_FIELDS = ['src', 'mimeType', 'sizes', 'theme'];

/** Makes a tool of a document. Throws a `LoadFailure` that says where it is not as it should be. */
export function declareTool(document: DeclaredValue, { environment }: LoadOptions): Tool {
  const name = document.map().get('name').text(64);
  try {
    return declare(name, document, environment);
  } catch (error) {
    throw error instanceof LoadFailure ? error.about(name) : error;
  }
}

function declare(
  name: string,
  document: DeclaredValue,
  environment: LoadOptions['environment'],
): Tool {
  const kind = kindOf(document.map().get('kind'));
  const map = document.mapOf([...Object.keys(COMMON_FIELDS), ...Object.keys(kind.fields)]);
  const timeoutMs = map.find('timeoutMs')?.integer(TIMEOUT_RANGE) ?? TIMEOUT_MS;
  const annotations = parseAnnotations(map);
  const parameters = parseParameters(map.find('parameters'));
  const work = kind.make(map, { name, timeoutMs, annotations, parameters, environment });
  const { run, selfTest } = work;
  const output = map.find('output');
  return defineTool({
    name,
    description: map.get('description').text(8_192),
    ...parseOptional(map),
    annotations: agree(annotations, work.annotations, map),
    timeoutMs,
    input: parameters.schema,
    ...(output === undefined ? {} : { output: parseOutput(output) }),
    run,
    ...(selfTest === undefined ? {} : { selfTest: about(name, selfTest) }),
  });
}

function kindOf(value: DeclaredValue): DeclaredKind {
  const kind = KINDS[value.oneOf(Object.keys(KINDS))];
  if (kind === undefined) throw value.failure('is no kind');
  return kind;
}

function about(name: string, selfTest: SelfTest): SelfTest {
  return async (call, context) => {
    try {
      await selfTest(call, context);
    } catch (error) {
      throw error instanceof LoadFailure ? error.about(name) : error;
    }
  };
}

function parseOptional(map: DeclaredMap) {
  const [title, scope, icons] = [map.find('title'), map.find('scope'), map.find('icons')];
  const [cache, retries] = [map.find('cache'), map.find('retries')];
  const concurrencyMax = map.find('concurrencyMax');
  return {
    ...(title === undefined ? {} : { title: title.text(200) }),
    ...(scope === undefined ? {} : { scope: scope.text(200) }),
    ...(icons === undefined ? {} : { icons: icons.list().map(parseIcon) }),
    ...(cache === undefined ? {} : { cache: parseCache(cache) }),
    ...(retries === undefined ? {} : { retries: retries.integer({ min: 0, max: 10 }) }),
    ...(concurrencyMax === undefined
      ? {}
      : { concurrencyMax: concurrencyMax.integer({ min: 1, max: 10_000 }) }),
  };
}

function parseAnnotations(map: DeclaredMap): ToolAnnotations {
  const given = map.find('annotations')?.mapOf(HINTS).entries ?? [];
  return Object.fromEntries(given.map(([hint, value]) => [hint, value.boolean()]));
}

/** What authors say, and what the kind knows. */
function agree(said: ToolAnnotations, known: ToolAnnotations, map: DeclaredMap): ToolAnnotations {
  for (const [hint, value] of Object.entries(known)) {
    const other = map.find('annotations')?.map().find(hint);
    if (other === undefined || other.boolean() === value) continue;
    throw other.failure(`is ${String(value)}, by what the tool does`);
  }
  return { ...known, ...said };
}

function parseOutput(value: DeclaredValue): Readonly<Record<string, unknown>> {
  if (value.map().get('type').string() !== 'object') {
    throw value.map().get('type').failure('is to be object: a tool answers with one');
  }
  return Object.fromEntries(value.map().entries.map(([key, inner]) => [key, inner.json()]));
}

function parseCache(value: DeclaredValue): CachePolicy {
  const map = value.mapOf(['ttlMs', 'staleMs', 'public']);
  const [staleMs, isPublic] = [map.find('staleMs'), map.find('public')];
  return {
    ttlMs: map.get('ttlMs').integer(TTL_RANGE),
    ...(staleMs === undefined ? {} : { staleMs: staleMs.integer(TTL_RANGE) }),
    ...(isPublic === undefined ? {} : { public: isPublic.boolean() }),
  };
}

function parseIcon(value: DeclaredValue): Icon {
  const map = value.mapOf(ICON_FIELDS);
  const [mimeType, sizes, theme] = [map.find('mimeType'), map.find('sizes'), map.find('theme')];
  return {
    src: map.get('src').text(65_536),
    ...(mimeType === undefined ? {} : { mimeType: mimeType.text(100) }),
    ...(sizes === undefined ? {} : { sizes: sizes.list().map((size) => size.text(20)) }),
    ...(theme === undefined ? {} : { theme: theme.oneOf(['light', 'dark']) }),
  };
}
