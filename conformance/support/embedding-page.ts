/**
 * Serves pages that embed the element from an origin of their own: `http://localhost:PORT`, and `http://127.0.0.1:PORT`
 * as another site.
 */
import { createServer } from 'node:http';
import { close, listen } from '../../emulator/message/loopback-server.ts';

/** What is served at one path. */
interface EmbeddingPage {
  readonly body: string;
  /** Default: HTML. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface EmbeddingServer {
  /** Same site as the emulator, another origin. */
  readonly sameSite: string;
  /** Another site, as 127.0.0.1 is to localhost. */
  readonly otherSite: string;
  /** Path to page; may be changed at any time. */
  readonly pages: Map<string, EmbeddingPage>;
  close(): Promise<void>;
}

export async function startEmbeddingServer(): Promise<EmbeddingServer> {
  const pages = new Map<string, EmbeddingPage>();
  const server = createServer((request, response) => {
    const page = pages.get(new URL(request.url ?? '/', 'http://localhost').pathname);
    const headers = { 'Content-Type': page?.type ?? 'text/html; charset=utf-8', 'Cache-Control': 'no-store' };
    response.writeHead(page === undefined ? 404 : 200, { ...headers, ...page?.headers }).end(page?.body);
  });
  const port = await listen(server, 0);
  return {
    sameSite: `http://localhost:${port}`,
    otherSite: `http://127.0.0.1:${port}`,
    pages,
    close: () => close(server),
  };
}

/** Config in which the pages of these origins may embed the element. */
export const allowing =
  (...origins: readonly string[]) =>
  (text: string): string =>
    text.replace('allowedOrigins: [],', `allowedOrigins: ${JSON.stringify(origins)},`);

/** A page with the script tag of the README. */
export const embedding = (site: string, body = '<secure-login></secure-login>', head = ''): string =>
  `<!doctype html><html lang="en"><head><title>An app</title>${head}` +
  `<script type="module" src="${site}/public/secure-login.js"></script></head><body>${body}</body></html>`;
