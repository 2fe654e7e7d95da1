/** Reads what the previous local run left: the live document and requests for access. */
import { type AccessDocument, emptyAccessDocument, parseAccessDocument } from '../../contract/access-rules.ts';
import { accessLiveKey, openRequestsPrefix } from '../../contract/layout.ts';
import type { Emulator } from '../../emulator/emulator.ts';

export interface Kept {
  readonly live: AccessDocument;
  /** A summary for the operator; undefined: nothing was left. */
  readonly text: string | undefined;
}

const counted = (count: number, one: string, more = `${one}s`): string[] =>
  count === 0 ? [] : [`${count} ${count === 1 ? one : more}`];

export async function keptRules({ aws, outputs }: Pick<Emulator, 'aws' | 'outputs'>): Promise<Kept> {
  const { private_bucket: bucket = '' } = outputs;
  const { document: live } = parseAccessDocument((await aws.get(bucket, accessLiveKey))?.toString('utf8') ?? '');
  const { everyone, people = [] } = live?.signedOutBefore ?? {};
  const parts = [
    ...(live === undefined ? ['a live document that cannot be read'] : []),
    ...counted(live?.rules.length ?? 0, 'live rule'),
    ...counted(live?.blocked.length ?? 0, 'blocked person', 'blocked people'),
    ...counted(people.length + Number(everyone !== undefined), 'sign-out'),
    ...counted(aws.list(bucket, openRequestsPrefix).length, 'request for access', 'requests for access'),
  ];
  return { live: live ?? emptyAccessDocument, text: parts.length === 0 ? undefined : parts.join(', ') };
}
