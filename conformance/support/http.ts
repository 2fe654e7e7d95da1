/** A plain HTTP client for the black-box tests: sends what it is told, follows nothing, keeps every Set-Cookie. */
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly setCookie: readonly string[];
  readonly text: string;
  readonly json: unknown;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For https: the certificate to trust, PEM. */
  readonly ca?: string;
}

export function send(url: string, { method = 'GET', headers = {}, body, ca }: Sending = {}): Promise<Answer> {
  const { hostname, port, host, protocol } = new URL(url);
  const request = protocol === 'https:' ? secureRequest : plainRequest;
  // The target goes out as written: `new URL` would tidy `..` and `//` away before the server sees them.
  const path = url.slice(url.indexOf(host) + host.length) || '/';
  return new Promise((done, failed) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path,
        agent: false,
        ...(ca !== undefined && { ca }),
        headers: { ...headers, ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          done({
            status: response.statusCode ?? 0,
            headers: response.headers,
            setCookie: response.headers['set-cookie'] ?? [],
            text,
            get json() {
              return JSON.parse(text);
            },
          });
        });
      },
    );
    sent.on('error', failed);
    sent.end(body);
  });
}

/** `Cookie` header from what an answer set. */
export const cookieHeader = (setCookie: readonly string[]): string =>
  setCookie.map((line) => line.split(';', 1)[0]).join('; ');

/** Name of a cookie to everything that was set with it. */
export const cookiesOf = (setCookie: readonly string[]): Record<string, { value: string; attributes: string }> =>
  Object.fromEntries(
    setCookie.map((line) => {
      const [pair = '', ...attributes] = line.split('; ');
      const at = pair.indexOf('=');
      return [pair.slice(0, at), { value: pair.slice(at + 1), attributes: attributes.join('; ') }];
    }),
  );
