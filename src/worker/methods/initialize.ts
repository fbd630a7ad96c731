import { Failure } from '../../shared/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { findImplementation, type Implementation } from '../protocol/era.ts';
import { isRecord } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import { MODERN_REVISIONS, negotiate, type Revision, TRAITS } from '../protocol/revisions.ts';
import { conversationOf } from './conversation.ts';

/** Who we are. */
export interface ServerInfo extends Implementation {
  readonly title: string;
}

/** `initialize` (2025-11-25, lifecycle): settles the revision, and says who we are and what we offer. */
export function initialize({ title, ...serverInfo }: ServerInfo): Method<Principal> {
  return async ({ protocolVersion, capabilities, clientInfo }, call) => {
    if (typeof protocolVersion !== 'string') {
      throw new Failure('invalid', 'protocolVersion must be a string');
    }
    if (!isRecord(capabilities)) throw new Failure('invalid', 'capabilities must be an object');
    const client = findImplementation(clientInfo);
    if (client === undefined) {
      throw new Failure('invalid', 'clientInfo must be an object with a name and a version');
    }
    const revision = negotiate(protocolVersion);
    await conversationOf(call).begin({ revision, client, capabilities });
    return {
      protocolVersion: revision,
      capabilities: capabilitiesOf(revision),
      serverInfo: { ...serverInfo, ...(TRAITS[revision].titles ? { title } : {}) },
    };
  };
}

/** `server/discover` (2026-07-28, server/discover): what we speak and offer, to whoever asks. */
export function discover(): Method<Principal> {
  return async (_params, { revision }) => ({
    supportedVersions: MODERN_REVISIONS,
    capabilities: capabilitiesOf(revision),
  });
}

/** What we offer (schema: `ServerCapabilities`). */
function capabilitiesOf(revision: Revision): object {
  return {
    tools: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    prompts: { listChanged: true },
    logging: {},
    ...(TRAITS[revision].completions ? { completions: {} } : {}),
  };
}
