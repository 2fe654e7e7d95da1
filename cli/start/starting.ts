/** What the site answers before it is ready: a page that waits, a line for commands, a problem for the elements. */
import { createHash, randomUUID } from 'node:crypto';
import { defaultPaths, isIn } from '../../contract/layout.ts';
import type { Problem } from '../../contract/session-api.ts';
import { headerOf, type Request, type Response, textResponse } from '../../emulator/message/http-message.ts';

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; }
main { max-width: 26rem; padding: 2rem; text-align: center; }
h1 { margin: 1.5rem 0 .5rem; font-size: 1.25rem; }
p { margin: 0; color: GrayText; }
i { display: block; width: 2rem; height: 2rem; margin: 0 auto; border: 3px solid #8884; border-top-color: #3b82f6;
  border-radius: 50%; animation: turn 1s linear infinite; }
.gone i { display: none; }
@keyframes turn { to { rotate: 1turn; } }
@media (prefers-reduced-motion: reduce) { i { animation-duration: 8s; } }
`;

/** Asks until somebody else answers, then loads the address again. */
const script = `
const [title, text] = document.querySelectorAll('h1, p');
const look = async () => {
  try {
    const { headers } = await fetch(location.href, { method: 'HEAD', cache: 'no-store', redirect: 'manual' });
    if (!headers.has('x-starting')) return location.reload();
    title.textContent = 'Your site is starting';
    text.textContent = 'This page opens it as soon as it is ready.';
    document.body.className = '';
  } catch {
    title.textContent = 'Your site is not running';
    text.textContent = 'npm start has ended. Its terminal says why.';
    document.body.className = 'gone';
  }
  setTimeout(look, 500);
};
setTimeout(look, 300);
`;

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Your site is starting</title>
<noscript><meta http-equiv="refresh" content="2"></noscript>
<style>${style}</style>
<main role="status">
<i></i>
<h1>Your site is starting</h1>
<p>This page opens it as soon as it is ready.</p>
</main>
<script type="module">${script}</script>
</html>
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; connect-src 'self'`;

const retryAfterSeconds = 1;

/** The answer to any request before the first load. `api`: where the API of the site will be. */
export function startingAnswer({ path, method, headers }: Request, api = defaultPaths.api): Response {
  const more = [
    ['Cache-Control', 'no-store'],
    ['Retry-After', String(retryAfterSeconds)],
    ['X-Starting', 'yes'],
  ] as const;
  if (isIn(api, path)) {
    const problem: Problem = {
      type: 'about:blank',
      title: 'Temporarily unavailable',
      status: 503,
      code: 'temporarily_unavailable',
      requestId: randomUUID(),
      detail: 'The site is starting.',
    };
    return textResponse(503, 'application/problem+json', JSON.stringify(problem), more);
  }
  const takesPage = (headerOf(headers, 'accept') ?? '').includes('text/html');
  if (takesPage && /^(GET|HEAD)$/.test(method)) {
    return textResponse(503, 'text/html; charset=utf-8', page, [...more, ['Content-Security-Policy', policy]]);
  }
  return textResponse(503, 'text/plain; charset=utf-8', 'The site is starting. Try again in a moment.\n', more);
}
