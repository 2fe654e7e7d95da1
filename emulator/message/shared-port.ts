/** One port for http and https: the first byte of a connection tells which it is. */
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { keepIdleConnections } from './loopback-server.ts';

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A server that is not listening yet. `plain` and `secure` get its connections, and listen nowhere themselves. */
export function sharedPort(plain: HttpServer, secure: HttpsServer): Server & { closeAllConnections(): void } {
  const sockets = new Set<{ destroy(): void }>();
  for (const server of [plain, secure]) keepIdleConnections(server);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', (first) => {
      socket.pause();
      socket.unshift(first);
      // TLS starts with the first byte of a handshake record (RFC 8446, 5.1). No HTTP method starts with it.
      (first[0] === 0x16 ? secure : plain).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  return Object.assign(server, {
    closeAllConnections() {
      for (const socket of sockets) socket.destroy();
    },
  });
}
