/** Pages of an attacker, on an origin of their own or on any that is told, for a real browser. */
import { createServer } from 'node:http';
import type { BrowserContext, Page } from 'playwright';
import { close, listen } from '../../emulator/message/loopback-server.ts';

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A page that posts a form to `action` as soon as it is loaded. */
export const formPage = (action: string, fields: Readonly<Record<string, string>>, attributes = ''): string =>
  `<!doctype html><form method="post" action="${escapeHtml(action)}" ${attributes}>${Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('')}</form><script>document.forms[0].submit()</script>`;

/** A page with another one in a sandboxed frame, whose origin is `null`. */
export const sandboxPage = (inner: string): string =>
  `<!doctype html><iframe sandbox="allow-forms allow-scripts allow-top-navigation"
    srcdoc="${escapeHtml(inner)}"></iframe>`;

export interface AttackerSite {
  /** Another site to the browser than `localhost`. */
  readonly origin: string;
  /** What its one page is from now on. */
  serve(html: string): void;
  close(): Promise<void>;
}

export async function startAttackerSite(): Promise<AttackerSite> {
  let html = '';
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
  });
  const port = await listen(server, 0);
  return {
    origin: `http://127.0.0.1:${port}`,
    serve(page) {
      html = page;
    },
    close: () => close(server),
  };
}

/** Opens `html` as if `url` had served it, which the browser takes for that origin. */
export async function openAs(page: Page, url: string, html: string): Promise<void> {
  await page.route(url, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }));
  await page.goto(url);
}

/** Names of the cookies that the browser keeps for `origin`. */
export const cookieNames = async (context: BrowserContext, origin: string): Promise<string[]> =>
  (await context.cookies(origin)).map(({ name }) => name).sort();
