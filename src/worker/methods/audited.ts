import { Failure, type FailureCode } from '../../shared/errors.ts';
import type { Audit } from '../domain/audit.ts';
import type { Principal } from '../domain/principal.ts';
import { RpcError } from '../protocol/errors.ts';
import type { Params } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';

export interface AuditedOptions {
  readonly audit: Audit;
  readonly hashArguments: (given: unknown) => string;
  readonly now: () => number;
}

/** What is asked for, and with what. */
interface Asked {
  readonly subject: unknown;
  readonly given: unknown;
}

/** Those who are told that they may not, or not now. All else that fails was a call. */
const REFUSALS: ReadonlySet<FailureCode> = new Set(['forbidden', 'limited', 'quarantined']);

/** What a request asks for, by its method, where that is for the author of a tool, a resource or a prompt to do. */
const ASKED: Readonly<Record<string, (params: Params) => Asked>> = {
  'tools/call': ({ name, arguments: given }) => ({ subject: name, given }),
  'prompts/get': ({ name, arguments: given }) => ({ subject: name, given }),
  'resources/read': ({ uri }) => ({ subject: uri, given: undefined }),
};

/** A method that leaves an entry in the audit for each request, however it ends. Those that only list and negotiate leave none. */
export function audited(
  name: string,
  method: Method<Principal>,
  { audit, hashArguments, now }: AuditedOptions,
): Method<Principal> {
  const askedOf = ASKED[name];
  if (askedOf === undefined) return method;
  return async (params, call) => {
    const beganAt = now();
    const { subject, given } = askedOf(params);
    const record = (outcome: string, kind: 'call' | 'refusal' = 'call'): void => {
      audit.record({
        kind,
        who: call.caller.id,
        address: call.caller.address,
        action: name,
        subject: typeof subject === 'string' ? subject : undefined,
        argumentsHash: given === undefined ? undefined : hashArguments(given),
        outcome,
        durationMs: now() - beganAt,
      });
    };
    try {
      const result = await method(params, call);
      record(outcomeOf(result));
      return result;
    } catch (error) {
      const { code } = Failure.from(error);
      const isRefusal = REFUSALS.has(code);
      if (call.cancellation.aborted) record('cancelled');
      else if (error instanceof RpcError) record(String(error.code));
      else record(code, isRefusal ? 'refusal' : 'call');
      throw error;
    }
  };
}

function outcomeOf(result: object): string {
  if ('isError' in result && result.isError === true) return 'tool_error';
  return 'resultType' in result && typeof result.resultType === 'string' ? result.resultType : 'ok';
}
