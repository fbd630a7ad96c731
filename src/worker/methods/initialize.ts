import { Failure } from '../../shared/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { isRecord } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import { negotiate } from '../protocol/revisions.ts';

const NAME_LENGTH_MAX = 200;

/** `initialize` (2025-11-25, lifecycle): settles the revision, and says who we are and what we offer. */
export function initialize(version: string): Method<Principal> {
  return async ({ protocolVersion, capabilities, clientInfo }, { settle }) => {
    if (typeof protocolVersion !== 'string') {
      throw new Failure('invalid', 'protocolVersion must be a string');
    }
    if (!isRecord(capabilities)) throw new Failure('invalid', 'capabilities must be an object');
    const revision = negotiate(protocolVersion);
    settle({ revision, client: parseClientInfo(clientInfo) });
    return {
      protocolVersion: revision,
      capabilities: { tools: {} },
      serverInfo: { name: 'holdfast', title: 'Holdfast', version },
    };
  };
}

function parseClientInfo(value: unknown): { name: string; version: string } {
  if (isRecord(value)) {
    const { name, version } = value;
    if (typeof name === 'string' && typeof version === 'string') {
      return { name: name.slice(0, NAME_LENGTH_MAX), version: version.slice(0, NAME_LENGTH_MAX) };
    }
  }
  throw new Failure('invalid', 'clientInfo must be an object with a name and a version');
}
