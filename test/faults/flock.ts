/** Many agents in a process of their own: each connects, and comes back when it is told that the server restarts. */
import { WebSocket } from 'ws';

const [port, count] = process.argv.slice(2).map(Number);
const AT_ONCE = 100;

/** What became of them, as it is told to whoever asks. */
const told = {
  open: 0,
  connects: 0,
  refused: 0,
  codes: {} as Record<string, number>, // by close code
  errors: {} as Record<string, number>, // by what was wrong
};

function connect(): Promise<void> {
  return new Promise((done) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mcp`, 'mcp', { perMessageDeflate: false });
    socket.once('open', () => {
      told.open += 1;
      told.connects += 1;
      // Who says nothing is not kept.
      socket.send('{"jsonrpc":"2.0","id":1,"method":"ping"}');
      done();
    });
    socket.once('error', (error) => {
      told.refused += 1;
      told.errors[error.message] = (told.errors[error.message] ?? 0) + 1;
      done();
    });
    socket.once('open', () => {
      socket.once('close', () => (told.open -= 1));
    });
    socket.once('close', (code) => {
      told.codes[code] = (told.codes[code] ?? 0) + 1;
      if (code === 1012) void connect();
    });
  });
}

process.on('message', () => process.send?.(told));
for (let begun = 0; begun < (count ?? 0); begun += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, (count ?? 0) - begun) }, connect));
}
process.send?.('connected');
