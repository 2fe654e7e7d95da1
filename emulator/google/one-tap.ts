/**
 * The pages of One Tap, framed by the requesting page: the card, and passing the credential to that page. Defines no
 * routes.
 */
import { escapeHtml, hidden, type Page, page, type SignInRequest, scriptValue } from './account-chooser.ts';
import type { GoogleAccount } from './google-session.ts';

/**
 * How the credential was chosen, in Google's terms: without a click, by a returning account's click, or by a first
 * click.
 */
export type SelectBy = 'auto' | 'user' | 'user_1tap';

/** An invisible page that sends a message to the framing page, and to no other. */
const telling = ({ origin }: SignInRequest, what: object): Page =>
  page('Stand-in Google', '', `parent.postMessage(${scriptValue(what)}, ${scriptValue(origin)});`, "'none'", origin);

/** Nobody is signed in at the stand-in, so there is nothing to show. */
export const nobodyPage = (request: SignInRequest): Page => telling(request, { oneTap: 'skipped' });

export const credentialPage = (request: SignInRequest, credential: string, selectBy: SelectBy): Page =>
  telling(request, { credential, selectBy });

/** The card with the accounts that are signed in at the stand-in. */
export function cardPage(request: SignInRequest, accounts: readonly GoogleAccount[]): Page {
  const carried = hidden({ client_id: request.clientId, origin: request.origin, nonce: request.nonce });
  const rows = accounts.map(({ email, clients }) => {
    const text = escapeHtml(email);
    const note = clients.has(request.clientId) ? 'signed in here before' : 'for the first time here';
    return `<li><button class="account" name="email" value="${text}">
<span class="initial" aria-hidden="true">${escapeHtml(email.charAt(0).toUpperCase())}</span>
<span>Continue as ${text}<small>${note}</small></span></button></li>`;
  });
  const body = `<main class="card">
<button class="close" aria-label="Close">×</button>
<h1>Sign in to ${escapeHtml(request.origin)}</h1>
<p>with the stand-in. <strong>This is not Google.</strong></p>
<form method="post">${carried}<ul>
${rows.join('\n')}
</ul></form>
</main>`;
  // A frame that is not shown yet has no height.
  const script = `const target = ${scriptValue(request.origin)};
const tell = (oneTap, height) => parent.postMessage({ oneTap, height }, target);
document.querySelector('.close').onclick = () => tell('closed');
new ResizeObserver(() => tell('shown', document.documentElement.offsetHeight)).observe(document.documentElement);
tell('shown', 240);`;
  return page('Sign in - stand-in Google', body, script, "'self'", request.origin);
}
