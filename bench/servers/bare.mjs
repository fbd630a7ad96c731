/** The yardstick of a start: Node, with a server of HTTP that listens and says so. As plain JavaScript, so that no types are stripped. */
import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end());
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
