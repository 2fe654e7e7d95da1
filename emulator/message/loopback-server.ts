/** Listens on 127.0.0.1 and closes again. Nothing here is reachable from another machine. */
import { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';

/**
 * Ends no connection that is idle. Node does after six seconds, and a request that is sent at that moment gets `socket
 * hang up`.
 */
export function keepIdleConnections<S extends HttpServer | HttpsServer>(server: S): S {
  server.keepAliveTimeout = 0;
  return server;
}

/** Headers of whatever a local server answers: pages of other origins load none of it, and it is what its type says. */
export const guardedHeaders = {
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Listens; 0 is any free port. Rejects with one line that names the port when it is taken. Returns the port. */
export async function listen(server: Server, port: number): Promise<number> {
  if (server instanceof HttpServer) keepIdleConnections(server);
  await new Promise<void>((resolve, reject) => {
    // Stays for as long as the server: a connection that cannot be taken, as with too many open files, is lost and nothing else.
    server.on('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new Error(`Port ${port} is already in use; choose another one.`, { cause: error }) : error);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Stops listening and drops every connection. */
export async function close(server: HttpServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
