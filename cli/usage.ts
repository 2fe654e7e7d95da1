/** Owns how each command is called: what `--help` prints, and what a wrong call is told. */

export const usages = {
  s3nator: `Usage: s3nator <command> [options]

Commands
  start   run the whole site on this machine       [--port N] [--content DIR] [--site NAME] [--open] [--google] [--cookie-seconds N]
  keys    the signing keys                         create | list | rotate | retire  [--site NAME] [--now]
  synth   synthesize the stack with local values   [--port N] [--content DIR] [--site NAME] [--google] [--cookie-seconds N]
  upload  upload a site that is built elsewhere    DIR [--site NAME] [--dry-run] [--delete]
  access  who may see what, without a deploy       list | add-rule | remove-rule | block | unblock | sign-out | requests | approve | deny | history | restore | edit
  access  who got in and who did not               log  [--since TIME] [--person P] [--request ID] [--follow] [--json] [--local-site] [--site NAME]
  explain who may see a path, and why              ADDRESS PATH  [--live | --local-site | --file F] [--hd D] [--token FILE] [--site NAME]
  build   build the Lambda and the elements

  s3nator <command> --help says more about each.
`,

  start: `Usage: npm start -- [options]

  --port N            serves at http://localhost:N; the stand-ins take the two ports after it. Default: 8080
  --content DIR       protects this folder. Default: the config's content
  --site NAME         which site of the config; may be left out when it has one
  --open              opens the site in the browser
  --google            signs in with the real Google, and the client ID of the config
  --cookie-seconds N  life of the signed cookies, from 10. Default: the config's
`,

  keys: `Usage: npm run keys -- <action> [--site NAME] [--now]

  create  make the signer and the next key; refuses when there are keys
  list    which keys there are, since when CloudFront has them, what may be done next
  rotate  the next key signs, a fresh one becomes the next, the last one stays trusted
  retire  the last one is trusted no more

  --now   rotate, retire: the old key leaves at once, and everyone it let in has to sign in again
`,

  synth: `Usage: npm run synth -- [options]

Synthesizes what npm start runs, into .s3nator/cdktf.out. For the deployed stack: npx cdktf synth

  --port N, --content DIR, --site NAME, --google, --cookie-seconds N   as npm start has them
`,

  upload: `Usage: npm run upload -- DIR [--site NAME] [--dry-run] [--delete]

  DIR        the site as it was built
  --dry-run  lists what would change, and writes nothing
  --delete   takes away what is in the bucket and not in DIR, except what the deploy put there
`,

  access: `Usage: npm run access -- <command> [--site NAME] [--local-site]

Commands
  list                      who may see what, by both documents, in the order in which rules are consulted
  add-rule WHO [--path P] [--until T] [--first | --last | --position N]
                            WHO: --domain D, --email A, --subject ISS SUB, --service-account A, --claim NAME=VALUE (each as often as
                            needed), --anyone; --issuer I: only accounts of google, cognitoUserPool or an https:// issuer;
                            --trust-unmanaged: also addresses that the issuer does not manage;
                            T: a day (to its end, here), a span such as 30d or 12h, or a time with its zone
  remove-rule N             the rule with this number in the list; or remove-rule WHO [--path P] [--until T]
  block PERSON              refused before any rule; PERSON: an address, or ISS SUB
  unblock PERSON
  sign-out PERSON           sessions that began before now end; or sign-out --everyone
  requests                  who asks for access, and why; --answered: what was answered, and by whom
  approve WHO [--path P] [--until T]
                            adds a rule for the account that asks; WHO: its address, or ISS SUB
  deny WHO                  answers with no; they may ask again after 30 days
  history                   the versions of the live document, and what each changed
  restore VERSION           puts an earlier version in force again
  log                       who got in and who did not; its own options: log --help
  edit                      opens the live document in $VISUAL or $EDITOR

  --local-site  the site that npm start runs, not the deployed one
  --yes         writes without a question
`,

  accessLog: `Usage: npm run access -- log [--since TIME] [--person P] [--request ID] [--follow] [--json] [--local-site] [--site NAME]

  --since TIME  how far back: 30s, 15m, 1h, 7d, or a time such as 2027-01-31T08:00:00Z (default: 1h)
  --person P    only lines about this address, account (sub) or session; finds pseudonyms, too
  --request ID  whatever the log says about one request; the ID stands on the page that refused it. Looks back as far as the log is kept
  --follow      go on with what comes; Ctrl-C ends it
  --json        each line as one line of JSON; what else there is to say goes to standard error
  --local-site  the site that npm start runs, in place of the deployed one
`,

  explain: `Usage: npm run explain -- ADDRESS PATH [options]

  --live          by the documents that are in force at the deployed site
  --local-site    by those of the site that npm start runs
  --file F        with F in the place of the live document, over the rules of s3nator.config.ts
                  (none of these: the rules of s3nator.config.ts alone)
  --hd DOMAIN     the account's Workspace domain; none: it has none. Default: both answers, where they differ
  --via NAME      who signs the account in to the user pool: a provider's name, or Cognito for the pool's own accounts.
                  Default: every answer, where they differ
  --issuer I      google, cognitoUserPool or an https:// issuer of the config. Default: Google, or the first one
  --subject ISS SUB, --claim NAME=VALUE   more about the account
  --token FILE    the account of this ID token, in the place of ADDRESS
  --site NAME

Ends with 0 when allowed, 1 when not, 2 when it depends or cannot be told.
`,

  build: `Usage: npm run build

Builds the Lambda and the elements into dist.
`,
} as const;

/** How one of the access commands is called: its own lines, and the options that all of them have. */
export function accessUsage(action: string): string | undefined {
  const lines = usages.access.trimEnd().split('\n');
  const at = lines.findIndex((line) => line.startsWith(`  ${action} `) || line === `  ${action}`);
  if (at < 0) return undefined;
  const [, call = '', first = ''] = /^ {2}(.+?)(?: {2,}(.*))?$/.exec(lines[at] ?? '') ?? [];
  const further = lines.slice(at + 1);
  const own = further.slice(
    0,
    further.findIndex((line) => !line.startsWith('     ')),
  );
  const text = [first, ...own].map((line) => line.trim()).filter((line) => line !== '');
  const shared = lines.slice(lines.lastIndexOf('') + 1);
  return [
    `Usage: npm run access -- ${call} [--site NAME] [--local-site] [--yes]`,
    '',
    ...text.map((line) => `  ${line}`),
    '',
    ...shared,
    '',
  ].join('\n');
}

/** Words that come after `npm run access --`. */
export const accessActions: readonly string[] = [...usages.access.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(
  ([, action = '']) => action,
);
