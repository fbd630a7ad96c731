/** The process of `js-redis-server`: a Redis in JavaScript, for machines without one. Its settings come on standard input. */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { createRedisCommandExecutor, RedisServerState, Resp2Server } from 'js-redis-server/core';

const settings = new Map(
  (await text(process.stdin))
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name, value]) => [name, value]),
);
const requirepass = settings.get('requirepass');
if (requirepass === undefined) throw new Error('A password is required');

const state = new RedisServerState({ requirepass });
const { server } = new Resp2Server({ server: state, executor: createRedisCommandExecutor() });
// Its own `listen` would bind every address.
server.listen({ host: settings.get('bind'), port: Number(settings.get('port')) });
await once(server, 'listening');
