/** Sends bytes as they are: what no HTTP client would send. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';

export interface Plain {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Asks for `target` exactly as it is written, with or without a slash at its beginning. */
export function askFor(
  origin: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Plain> {
  const { hostname, port } = new URL(origin);
  return new Promise((done, failed) => {
    const sent = request({ hostname, port, method, path: target, agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () =>
        done({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', failed);
    sent.end();
  });
}

export interface RawAnswer {
  /** Of each response that came, in order. */
  readonly statuses: readonly number[];
  /** Everything that came. */
  readonly text: string;
}

/** Writes `lines`, joined by CR LF, to the server at `origin`, and reads until it hangs up or is silent. */
export function sendRaw(origin: string, lines: readonly string[]): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((done, failed) => {
    // The site listens on 127.0.0.1 only.
    const socket = connect({ host: hostname === 'localhost' ? '127.0.0.1' : hostname, port: Number(port) });
    let text = '';
    const finish = (): void => {
      socket.destroy();
      done({ statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)), text });
    };
    socket.setEncoding('latin1').setTimeout(1_000, finish);
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', finish).on('error', (error: NodeJS.ErrnoException) => {
      // Being hung up on is an answer, too.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish();
      else failed(error);
    });
    socket.write(lines.join('\r\n'), 'latin1');
  });
}
