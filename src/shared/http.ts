/**
 * Node's HTTP. To `import` it is to look at all that it exports, and among that are a WebSocket and a second client of HTTP, which
 * are loaded then, and used by nobody here: that would take as much of a start as Node itself.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
