/** What a distribution may do in a bucket that it serves: read one folder, and learn which files are missing. */
import type { Statement } from '../text/policy-document.ts';

/**
 * Statements for the policy of the bucket `bucketArn`: only this distribution may read the folder `prefix`; `''`:
 * everything.
 */
export function distributionReader(bucketArn: string, prefix: string, distributionArn: string): Statement[] {
  const fromDistribution = {
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
  } as const;
  const objects = prefix === '' ? `${bucketArn}/*` : `${bucketArn}/${prefix}/*`;
  return [
    { ...fromDistribution, Sid: 'ReadSite', Action: 's3:GetObject', Resource: objects },
    // Without it, S3 answers 403 for a missing file, and every broken link would show the login page.
    { ...fromDistribution, Sid: 'TellMissing', Action: 's3:ListBucket', Resource: bucketArn },
  ];
}
