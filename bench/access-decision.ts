/** The access decision with 10 and with 100,000 addresses in the documents: one lookup, whatever their number. */
import { type AccessRules, compileAccessRules } from '../api/decide/access-decision.ts';
import type { Identity } from '../api/decide/identity.ts';
import { emptyAccessDocument, parseAccessDocument } from '../contract/access-rules.ts';
import { type Case, measure, median, ratio } from './measure.ts';
import { digits, type Report, times } from './report.ts';

const few = 10;
const many = 100_000;
/** Highest cost of the many addresses, as a multiple of the few. */
const mostTimes = 1.5;
const rounds = 61;
const nowSeconds = 1_800_000_000;

const addressOf = (person: number): string => `person-${person}@example.com`;

const documentOf = (count: number): string =>
  JSON.stringify({
    ...emptyAccessDocument,
    rules: [{ who: { emails: Array.from({ length: count }, (_, person) => addressOf(person)) } }],
  });

function compiled(text: string): AccessRules {
  const parsed = parseAccessDocument(text);
  if (parsed.document === undefined) throw new Error(parsed.problems[0].text);
  return compileAccessRules({ config: emptyAccessDocument, live: parsed.document });
}

const identityOf = (email: string): Identity => ({
  issuer: 'https://accounts.google.com',
  trust: { kind: 'google', trustedDomains: new Map(), isDefault: true },
  subject: `subject of ${email}`,
  email,
  addressState: 'verified',
  vouchers: ['https://accounts.google.com'],
  hostedDomain: 'example.com',
  isServiceAccount: false,
  isManaged: true,
  claims: {},
});

/** Ten people, spread over the document, sign in repeatedly. `outcome`: the required result for each of them. */
function decisions(count: number, email: (person: number) => string, outcome: 'granted' | 'denied'): Case {
  const rules = compiled(documentOf(count));
  const identities = Array.from({ length: few }, (_, person) => identityOf(email((person * count) / few)));
  return {
    run(runs) {
      for (let turn = 0; turn < runs; turn++) {
        const decision = rules.decide(identities[turn % few] as Identity, nowSeconds);
        if (decision.outcome !== outcome) throw new Error(`the decision was ${decision.outcome}`);
      }
    },
  };
}

const stranger = (person: number): string => `stranger-${person}@example.com`;

export async function benchAccessDecision(report: Report): Promise<void> {
  const result = await measure(
    {
      fewListed: decisions(few, addressOf, 'granted'),
      manyListed: decisions(many, addressOf, 'granted'),
      fewStrangers: decisions(few, stranger, 'denied'),
      manyStrangers: decisions(many, stranger, 'denied'),
    },
    rounds,
  );
  const text = documentOf(many);
  const start = performance.now();
  compiled(text);
  const loadMs = performance.now() - start;

  report.heading('Access decision, by whole address');
  const row = (who: string, small: readonly number[], large: readonly number[]): string[] => [
    who,
    digits(median(small)),
    digits(median(large)),
    times(ratio(large, small)),
  ];
  report.table(
    ['', `µs at ${few}`, `µs at ${many.toLocaleString('en')}`, 'ratio'],
    [
      row('someone on the list', result.fewListed, result.manyListed),
      row('someone not on the list', result.fewStrangers, result.manyStrangers),
    ],
  );
  report.note(
    `Reading a document of ${many.toLocaleString('en')} addresses (${digits(text.length / 1e6)} MB) ` +
      `takes ${Math.round(loadMs)} ms, once per change.`,
  );
  const found = Math.max(ratio(result.manyListed, result.fewListed), ratio(result.manyStrangers, result.fewStrangers));
  report.target(
    `a decision takes the same time with ${many.toLocaleString('en')} addresses as with ${few} (at most ${mostTimes}x)`,
    times(found),
    found <= mostTimes,
  );
}
