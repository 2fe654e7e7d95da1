/** The stand-in's pages: the account chooser, and the page that passes the chosen credential on. Defines no routes. */
import { randomBytes } from 'node:crypto';
import { sampleAccounts } from './google-token.ts';

/** The sign-in request of a page, already checked. */
export interface SignInRequest {
  readonly clientId: string;
  /** Origin of the requesting page. */
  readonly origin: string;
  readonly nonce: string | undefined;
  readonly state: string | undefined;
  /** Redirect mode: where the credential is posted to. undefined: a popup, answered by a message. */
  readonly redirect: { readonly loginUri: string; readonly csrfToken: string } | undefined;
}

export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const styles = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: #8885; --soft: #8881; }
body { max-width: 26rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
.local { margin: 0 0 1.5rem; padding: .5rem .75rem; border-radius: .5rem; background: #f9ab0033; font-size: .875rem; }
h1 { margin: 0; font-size: 1.4rem; font-weight: 500; }
p { margin: .25rem 0 1rem; }
ul { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
li + li { border-top: 1px solid var(--line); }
button.account { display: flex; gap: .75rem; align-items: center; width: 100%; padding: .75rem 1rem; border: 0;
  background: none; color: inherit; font: inherit; text-align: left; cursor: pointer; }
button.account:hover { background: var(--soft); }
button:focus-visible, input:focus-visible { outline: 2px solid #0b57d0; outline-offset: -2px; }
.initial { flex: none; width: 2.25rem; height: 2.25rem; border-radius: 50%; background: #0b57d0; color: #fff;
  text-align: center; line-height: 2.25rem; }
.account small { display: block; opacity: .75; }
fieldset { margin: 1.5rem 0 0; padding: .75rem 1rem 1rem; border: 1px solid var(--line); border-radius: .75rem; }
label { display: block; margin: .25rem 0; }
input[type=email] { box-sizing: border-box; width: 100%; padding: .5rem; border: 1px solid var(--line);
  border-radius: .375rem; font: inherit; }
fieldset button { margin-top: .5rem; padding: .4rem 1rem; border: 0; border-radius: 1rem; background: #0b57d0;
  color: #fff; font: inherit; cursor: pointer; }
html:has(.card) { background: Canvas; }
body:has(.card) { padding: .75rem 1rem 1rem; }
.card h1 { margin-right: 2rem; font-size: 1rem; overflow-wrap: anywhere; }
.card p { margin: 0 0 .75rem; font-size: .875rem; }
.close { float: right; width: 2rem; height: 2rem; border: 0; border-radius: 50%; background: none; color: inherit;
  font: inherit; font-size: 1.25rem; line-height: 1; cursor: pointer; }
.close:hover { background: var(--soft); }`;

/**
 * A page of a stand-in. `formAction`: where its forms may lead, including redirects. `ancestors`: who may frame it;
 * default: nobody.
 */
export function page(
  title: string,
  body: string,
  script: string | undefined,
  formAction: string,
  ancestors = "'none'",
): Page {
  const nonce = randomBytes(16).toString('base64url');
  // `img-src`: some browsers request /favicon.ico, and report a policy that forbids it.
  return {
    html: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style nonce="${nonce}">${styles}
</style>
${body}
${script === undefined ? '' : `<script nonce="${nonce}">${script}</script>\n`}</html>
`,
    contentSecurityPolicy:
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src 'self'; ` +
      `form-action ${formAction}; base-uri 'none'; frame-ancestors ${ancestors}`,
  };
}

/** The first paragraph of every page of a stand-in. */
export const noticeOf = (whom: string): string =>
  `<p class="local" role="note"><strong>This is not ${whom}.</strong> It is a stand-in for local use: ` +
  'anyone can be anyone here, and its sign-ins are worth nothing elsewhere.</p>';

const notice = noticeOf('Google');

export const hidden = (fields: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(fields)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`<input type="hidden" name="${name}" value="${escapeHtml(value)}">`],
    )
    .join('');

/** The page for choosing an account. */
export function chooserPage(request: SignInRequest): Page {
  const carried = hidden({
    client_id: request.clientId,
    origin: request.origin,
    nonce: request.nonce,
    state: request.state,
    login_uri: request.redirect?.loginUri,
    g_csrf_token: request.redirect?.csrfToken,
  });
  const accounts = sampleAccounts.map(
    ({ email, name, note }) => `<li><button class="account" name="email" value="${email}">
<span class="initial" aria-hidden="true">${name.charAt(0)}</span>
<span>${name}<small>${email}, ${note}</small></span></button></li>`,
  );
  const body = `<main>
${notice}
<h1>Choose an account</h1>
<p>to continue to <strong>${escapeHtml(request.origin)}</strong></p>
<form method="post">${carried}<ul>
${accounts.join('\n')}
</ul></form>
<form method="post">${carried}<fieldset>
<legend>Another address</legend>
<input type="email" name="email" aria-label="Another address" placeholder="someone@example.org" required>
<label><input type="checkbox" name="workspace" value="yes" checked>
 its domain is a Google Workspace (claim <code>hd</code>)</label>
<label><input type="checkbox" name="verified" value="yes" checked> the address is verified</label>
<input type="hidden" name="another" value="yes">
<button>Continue</button>
</fieldset></form>
</main>`;
  return page('Sign in - stand-in Google', body, undefined, "'self'");
}

/** JSON that is safe inside a script element. */
export const scriptValue = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Passes the credential on: by a message to exactly the requesting origin, or as a form post to its login URI. */
export function handOverPage(request: SignInRequest, credential: string): Page {
  if (request.redirect === undefined) {
    const credentialText = scriptValue(credential);
    const script = `opener?.postMessage({ credential: ${credentialText} }, ${scriptValue(request.origin)}); close();`;
    const body = `<main>${notice}<p>Signed in. You can close this window.</p></main>`;
    return page('Signed in - stand-in Google', body, script, "'none'");
  }
  const { loginUri, csrfToken } = request.redirect;
  const fields = hidden({ credential, g_csrf_token: csrfToken, state: request.state, select_by: 'btn' });
  const action = escapeHtml(loginUri);
  const form = `<form method="post" action="${action}">${fields}<button>Continue</button></form>`;
  const body = `<main>${notice}${form}</main>`;
  return page('Signed in - stand-in Google', body, 'document.forms[0].submit();', new URL(loginUri).origin);
}
