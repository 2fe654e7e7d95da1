/** `access block`, `unblock` and `sign-out`, and how long cookies that were given out still work. */
import type { Person } from '../../../contract/access-rules.ts';
import { isSamePerson } from '../../../contract/person.ts';
import { issuerOf } from '../../../contract/providers.ts';
import { visible } from '../../../contract/visible-text.ts';
import { block, signOut, unblock } from '../document/change.ts';
import { type AccessSession, noticeSeconds } from '../document/confirm-write.ts';
import { readInForce } from '../document/in-force.ts';
import { knowsIssuer } from '../document/issuers.ts';
import { newestLive, writeChange } from '../document/live-document.ts';
import { durationText, personText, timeText } from '../shared/format.ts';
import { personOf, spellingNotes, storedPersonOf } from '../shared/typed-rule.ts';
import type { AccessCommand } from './access-command.ts';

/** CloudFront alone checks cookies, and has no list of people: cookies that were given out work until they end. */
function printEnding({ target, store, terminal }: AccessSession, whose: string): void {
  const { cookieSeconds } = target.config.session;
  const last = timeText(store.now() + (cookieSeconds + noticeSeconds(target)) * 1000);
  const notice = target.isLocal ? '' : ` and ${noticeSeconds(target)} seconds to notice`;
  const sum = `${durationText(cookieSeconds)} of cookies${notice}`;
  terminal.print(`${whose} work until ${last} at the latest (${sum}).\n`);
}

/** Nobody signs in with an issuer that the site does not have, so the change would block or sign out nobody. */
function requireKnownIssuer({ target }: AccessSession, person: Person): void {
  if (typeof person === 'string' || knowsIssuer(target)(person.issuer)) return;
  const known = target.config.providers.map((provider) => issuerOf(provider) ?? 'that of the user pool');
  throw new Error(
    `person: got the issuer ${visible(person.issuer)}; allowed: an issuer of this site (${known.join(', ')}); nobody \
signs in with any other`,
  );
}

/** `notes`: about the spelling of the person. */
async function blockPerson(session: AccessSession, person: Person, notes: readonly string[]): Promise<void> {
  requireKnownIssuer(session, person);
  const { over, live } = await newestLive(session);
  if (!(await writeChange(session, over, block(live, person), notes))) return;
  printEnding(session, `${personText(person)} gets no new cookies. Their current cookies`);
}

async function unblockPerson(session: AccessSession, person: Person): Promise<void> {
  const { over, live } = await newestLive(session);
  await writeChange(session, over, unblock(live, person), []);
  const { inForce } = await readInForce(session.target, session.store);
  const stays = inForce?.documents.config.blocked.some((other) => isSamePerson(other, person));
  if (!stays) return;
  throw new Error(`${personText(person)} is still blocked by s3nator.config.ts. Fix: remove them there, and deploy`);
}

/** `person`: undefined for everyone. */
async function signOutPerson(session: AccessSession, person: Person | undefined): Promise<void> {
  if (person !== undefined) requireKnownIssuer(session, person);
  const { over, live } = await newestLive(session);
  if (!(await writeChange(session, over, signOut(live, person, session.store.now()), []))) return;
  printEnding(session, 'Sessions that began before now are not renewed. Cookies of these sessions');
  session.terminal.print('People whom the rules admit can sign in again. To keep a person out: block.\n');
}

export const blockCommand: AccessCommand = ({ words }) => {
  const person = personOf(words);
  const notes = spellingNotes(words.length === 1 ? words : []);
  return (session) => blockPerson(session, person, notes);
};

export const unblockCommand: AccessCommand = ({ words }) => {
  const person = storedPersonOf(words);
  return (session) => unblockPerson(session, person);
};

export const signOutCommand: AccessCommand = ({ values: { everyone }, words }) => {
  if (everyone && words.length > 0) throw new Error('sign-out: allowed: one person, or --everyone');
  const person = everyone ? undefined : personOf(words);
  return (session) => signOutPerson(session, person);
};
