import { setTimeout as sleep } from 'node:timers/promises';

import { Pace } from '../../../shared/pace.ts';
import { EventReader } from './event-reader.ts';
import { MESSAGE_BYTES_MAX, READ_BYTES_PER_S, READ_MESSAGES_PER_S, type Receiver } from './wire.ts';

/** Whether a response is one message. */
export function isJson({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('application/json') === true;
}

/** Whether a response is a stream of events. */
export function isStream({ ok, headers }: Response): boolean {
  return ok && headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** Lets go of a response that nobody reads. */
export async function discard({ body }: Response): Promise<void> {
  await body?.cancel();
}

/** Reads one message. `edges` stands for it if it is too large. */
export async function readMessage(
  response: Response,
  receiver: Receiver,
  edges: string,
): Promise<void> {
  let text = '';
  for await (const piece of textOf(response)) {
    text += piece;
    if (text.length <= MESSAGE_BYTES_MAX) continue;
    receiver.overlong(edges);
    return;
  }
  receiver.message(text);
}

/** Reads a stream to its end, and says where it could be taken up again. */
export async function readEvents(
  response: Response,
  { message, overlong }: Receiver,
): Promise<Pick<EventReader, 'lastId' | 'retryMs'>> {
  const events = new EventReader(MESSAGE_BYTES_MAX, { event: message, overlong });
  const pace = new Pace(READ_MESSAGES_PER_S);
  for await (const piece of textOf(response)) {
    const waitMs = pace.step(events.read(piece), performance.now());
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
  }
  return events;
}

/** What is left unread is cancelled. */
async function* textOf({ body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  const decoder = new TextDecoder();
  const pace = new Pace(READ_BYTES_PER_S);
  for await (const chunk of body) {
    yield decoder.decode(chunk, { stream: true });
    const waitMs = pace.step(chunk.length, performance.now());
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
  }
}
