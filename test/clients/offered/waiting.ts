/** A tool that is only ended from outside. */
import { once } from 'node:events';

import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

export const waitsToBeGivenUp = defineTool({
  name: 'waits_to_be_given_up',
  description:
    'Says that it has begun, and waits until nobody wants it any more: the log tells of that.',
  input: z.object({ ticket: z.string() }),
  async run({ ticket }, { signal, progress, log }) {
    await progress(1);
    if (!signal.aborted) await once(signal, 'abort');
    log.info('call was given up', { ticket });
    return 'Nobody reads this';
  },
});
