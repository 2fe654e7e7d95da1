/** Finds ports for servers that a test or the bench starts. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const listens = (port: number): Promise<number> =>
  new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** Below the ports that systems give to connections, one of which could come before the server does. */
const [lowestPort, highestPort] = [10_240, 32_000] as const;

/**
 * A free port whose two successors are free too. Any of many, because another test run on this machine looks for some
 * as well.
 */
export async function freePorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = lowestPort + 3 * randomInt(Math.floor((highestPort - lowestPort) / 3));
    const found = await Promise.all([port, port + 1, port + 2].map((one) => listens(one).catch(() => 0)));
    if (!found.includes(0)) return port;
  }
  throw new Error('no three free ports in a row');
}
