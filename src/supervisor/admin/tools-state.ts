import type { Fault, ProofEntry } from '../../shared/proof.ts';
import type { ToolsDetails, ToolsOutcome, ToolsSnapshot } from '../snapshot.ts';
import { timeOf } from './units.ts';

/** `tools` in the state: which generation of tools is served, and what came of the last attempt to change it. */
export function toolsStateOf({ toolGeneration, servedAt, previous, ...more }: ToolsSnapshot) {
  return {
    toolGeneration: toolGeneration ?? null,
    servedAt: timeOf(servedAt),
    previous: previous ?? null,
    tools: more.counts?.tools ?? null,
    resources: more.counts?.resources ?? null,
    prompts: more.counts?.prompts ?? null,
    reload: { active: more.reloading, last: more.last === undefined ? null : lastOf(more.last) },
  };
}

/** The JSON of `/supervisor/tools`: the same, and every tool with where it comes from, and what agents are told of it. */
export function toolsDetailsOf({ sources, proof, ...snapshot }: ToolsDetails) {
  return {
    ...toolsStateOf(snapshot),
    sources: sources.map(({ path, version }) => ({ path, version })),
    entries: proof?.entries.map(entryOf) ?? null,
    warnings: proof?.warnings.map(faultOf) ?? null,
  };
}

function lastOf({ result, at, tookMs, toolGeneration, lists, faults }: ToolsOutcome) {
  return {
    result,
    at: timeOf(at),
    tookMs,
    toolGeneration: toolGeneration ?? null,
    lists,
    faults: faults.map(faultOf),
  };
}

function entryOf({ kind, name, description, scope, source, definition, told }: ProofEntry) {
  return {
    kind,
    name,
    description: description ?? null,
    scope: scope ?? null,
    source,
    definition,
    told: told ?? null,
  };
}

function faultOf({ file, line, column, subject, message }: Fault) {
  return {
    file: file ?? null,
    line: line ?? null,
    column: column ?? null,
    subject: subject ?? null,
    message,
  };
}
