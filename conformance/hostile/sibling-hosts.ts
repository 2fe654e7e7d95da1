/**
 * Two hosts of one site over https, for a real browser: the protected site at docs.corp.test, and an attacker's pages
 * at evil.corp.test.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Browser, BrowserContext } from 'playwright';
import { selfSignedCertificate } from '../../emulator/issuers/self-signed-certificate.ts';
import { listen } from '../../emulator/message/loopback-server.ts';
import { type RunningSite, type SiteOptions, startSite } from '../support/site.ts';
import { launchBrowser } from '../support/visitor.ts';

const siteHost = 'docs.corp.test';
const siblingHost = 'evil.corp.test';

interface SiblingPage {
  readonly body: string;
  /** A value is sent as the bytes of its latin1 form. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface SiblingHosts {
  readonly site: RunningSite;
  readonly browser: Browser;
  /** Of the protected site, as the browser knows it. */
  readonly origin: string;
  readonly sibling: string;
  /** Path to page of the sibling host; may be changed at any time. Default: an empty page. */
  readonly pages: Map<string, SiblingPage>;
  /** `Cookie` header of the last request to the sibling host: the cookies that both hosts get. */
  lastCookies(): string;
  /** A browser of its own. */
  visit(): Promise<BrowserContext>;
  close(): Promise<void>;
}

export async function startSiblingHosts(options: SiteOptions = {}): Promise<SiblingHosts> {
  const site = await startSite({ ...options, host: siteHost });
  const pages = new Map<string, SiblingPage>();
  let last: IncomingHttpHeaders = {};
  const attacker = createServer((request, response) => {
    const page = pages.get(new URL(request.url ?? '/', 'https://x').pathname);
    last = request.headers;
    const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', ...page?.headers };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string | string[]);
    // As bytes: Node would send the headers in the encoding of a body that is text.
    response.end(Buffer.from(page?.body ?? '<!doctype html><title>Sibling</title>'));
  });
  const certificate = selfSignedCertificate([siteHost, siblingHost], Date.now());
  const sitePort = Number(new URL(site.origin).port);
  const server = createTlsServer(certificate, (socket) => {
    socket.on('error', () => socket.destroy());
    // The name of the handshake tells the hosts apart, so nothing here reads or changes what goes over the connection.
    if ((socket as { servername?: string }).servername !== siteHost) {
      attacker.emit('connection', socket);
      return;
    }
    const onward = connect(sitePort, '127.0.0.1');
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listen(server, 0);
  const map = [siteHost, siblingHost].map((host) => `MAP ${host} 127.0.0.1:${port}`).join(', ');
  const browser = await launchBrowser([`--host-resolver-rules=${map}`]);
  return {
    site,
    browser,
    origin: `https://${siteHost}`,
    sibling: `https://${siblingHost}`,
    pages,
    lastCookies: () => last.cookie ?? '',
    visit: () => browser.newContext({ ignoreHTTPSErrors: true }),
    async close() {
      await browser.close();
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await site.close();
    },
  };
}
