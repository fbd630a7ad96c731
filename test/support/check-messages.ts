/** Whether what we send is right by the schema of its revision. */
import assert from 'node:assert/strict';

import { isRecord } from '../../src/worker/protocol/frame.ts';
import { isModern, type Revision } from '../../src/worker/protocol/revisions.ts';
import { officialSchemaOf } from './official-schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a method results in, where that is not told by its name. */
const RESULTS: Readonly<Record<string, string>> = {
  initialize: 'InitializeResult',
  ping: 'EmptyResult',
  'server/discover': 'DiscoverResult',
  'tools/list': 'ListToolsResult',
  'tools/call': 'CallToolResult',
  'resources/list': 'ListResourcesResult',
  'resources/templates/list': 'ListResourceTemplatesResult',
  'resources/read': 'ReadResourceResult',
  'resources/subscribe': 'EmptyResult',
  'resources/unsubscribe': 'EmptyResult',
  'prompts/list': 'ListPromptsResult',
  'prompts/get': 'GetPromptResult',
  'completion/complete': 'CompleteResult',
  'logging/setLevel': 'EmptyResult',
  'subscriptions/listen': 'SubscriptionsListenResult',
};
/** Methods that may be answered with questions (2026-07-28, patterns/mrtr). */
const MAY_ASK: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** Throws an `AssertionError` unless this is a right answer to a request for the method. */
export function checkAnswer(revision: Revision, method: string, message: unknown): void {
  const answer = asSent(message);
  if ('error' in answer) {
    checkError(revision, answer);
    return;
  }
  refuse(revision, answer, [oneOf(revision, 'JSONRPCResultResponse', 'JSONRPCResponse')]);
  const { result } = answer;
  const definition = RESULTS[method];
  assert.ok(definition, `${method} has no result, and was answered with one: ${show(answer)}`);
  const isQuestion = isRecord(result) && result.resultType === 'input_required';
  if (!isQuestion) refuse(revision, result, [definition]);
  else {
    assert.ok(isModern(revision) && MAY_ASK.has(method), `${method} asks: ${show(answer)}`);
    refuse(revision, result, ['InputRequiredResult']);
  }
}

/** Throws an `AssertionError` unless this is a notification that a server may send. */
export function checkNotification(revision: Revision, message: unknown): void {
  const notification = asSent(message);
  assert.ok(!('id' in notification), show(notification));
  const definition = byMethod(revision, 'ServerNotification', notification);
  refuse(revision, notification, ['JSONRPCNotification', definition]);
}

/** Throws an `AssertionError` unless this is a request that a server may send. There is none in the modern era. */
export function checkRequest(revision: Revision, message: unknown): void {
  const request = asSent(message);
  assert.ok(!isModern(revision), `Nothing is asked in ${revision}: ${show(request)}`);
  const definition = byMethod(revision, 'ServerRequest', request);
  refuse(revision, request, ['JSONRPCRequest', definition]);
}

function checkError(revision: Revision, answer: Json): void {
  const general = oneOf(revision, 'JSONRPCErrorResponse', 'JSONRPCError');
  // Before 2025-11-25 nothing can be said to a request whose id could not be read: an error without an
  // id has no form there, and null is no id either.
  const unreadable =
    general === 'JSONRPCError' && !('id' in answer) ? { ...answer, id: 0 } : answer;
  const { error } = answer;
  const code = isRecord(error) ? error.code : undefined;
  refuse(revision, unreadable, [general, ...errorsOf(revision, code)]);
}

/** The definitions of errors that have this code. */
function errorsOf(revision: Revision, code: unknown): readonly string[] {
  return Object.entries(officialSchemaOf(revision).definitions)
    .filter(([name]) => name.endsWith('Error'))
    .filter(([, { properties }]) => {
      const error = isRecord(properties) && isRecord(properties.error) ? properties.error : {};
      const parts: readonly unknown[] = Array.isArray(error.allOf) ? error.allOf : [];
      return parts.some((part) => {
        const { properties: fields } = isRecord(part) ? part : {};
        return isRecord(fields) && isRecord(fields.code) && fields.code.const === code;
      });
    })
    .map(([name]) => name);
}

/** Which member of a union has the method of a message. */
function byMethod(revision: Revision, union: string, message: Json): string {
  const { definitions } = officialSchemaOf(revision);
  const members: readonly Json[] = Array.isArray(definitions[union]?.anyOf)
    ? definitions[union].anyOf
    : [];
  const names = members.map(({ $ref }) => String($ref).slice(String($ref).lastIndexOf('/') + 1));
  const found = names.find((name) => {
    const { properties } = definitions[name] ?? {};
    return (
      isRecord(properties) &&
      isRecord(properties.method) &&
      properties.method.const === message.method
    );
  });
  assert.ok(found, `No ${union} of ${revision} has this method: ${show(message)}`);
  return found;
}

function oneOf(revision: Revision, ...names: readonly string[]): string {
  const found = names.find((name) => name in officialSchemaOf(revision).definitions);
  assert.ok(found, `${revision} defines none of ${names.join()}`);
  return found;
}

function refuse(revision: Revision, value: unknown, definitions: readonly string[]): void {
  for (const definition of definitions) {
    const fault = officialSchemaOf(revision).faultOf(definition, value);
    assert.equal(fault, undefined, `${revision}, ${fault}\n${show(value)}`);
  }
}

/** A message as it crosses the wire. */
function asSent(message: unknown): Json {
  const sent: unknown = JSON.parse(JSON.stringify(message));
  assert.ok(isRecord(sent), `No message: ${show(message)}`);
  assert.equal(sent.jsonrpc, '2.0', show(sent));
  return sent;
}

function show(value: unknown): string {
  return JSON.stringify(value).slice(0, 2_000);
}
