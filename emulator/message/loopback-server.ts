/** Listens on 127.0.0.1 and closes again. Other machines cannot reach these servers. */
import { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';

/**
 * Keeps idle connections open. Node ends them after six seconds, and a request sent at that moment gets `socket hang
 * up`.
 */
export function keepIdleConnections<S extends HttpServer | HttpsServer>(server: S): S {
  server.keepAliveTimeout = 0;
  return server;
}

/** Headers of every local server's answer: pages of other origins cannot load it, and its type is fixed. */
export const guardedHeaders = {
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Listens; 0 is any free port. Rejects with one line that names the port if it is taken. Returns the port. */
export async function listen(server: Server, port: number): Promise<number> {
  if (server instanceof HttpServer) keepIdleConnections(server);
  await new Promise<void>((resolve, reject) => {
    // This handler stays as long as the server: if a connection cannot be accepted, for example with too many open
    // files, only that connection is lost.
    server.on('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new Error(`Port ${port} is already in use; choose another one.`, { cause: error }) : error);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Stops listening and drops every connection. */
export async function close(server: Server & { closeAllConnections(): void }): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
