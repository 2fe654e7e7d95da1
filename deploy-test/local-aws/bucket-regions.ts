/** Owns what moto does not know: a bucket has one Region, and S3 sends away who asks for it in another. */
import type { ApiAnswer, ApiRequest } from './api.ts';

export class BucketRegions {
  private readonly regions = new Map<string, string>();

  /**
   * S3's answer to who asks in a Region that is not the bucket's; undefined for every other request.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
   */
  answer({ method, path, query, headers, body }: ApiRequest): ApiAnswer | undefined {
    // The scope of a signature, `…/DATE/REGION/s3/aws4_request`, is all that names the Region here.
    const [, asked] = /\/([a-z0-9-]+)\/s3\/aws4_request/.exec(headers.authorization ?? '') ?? [];
    const [, bucket = ''] = path.split('/');
    if (asked === undefined || bucket === '') return undefined;
    if (method === 'PUT' && path === `/${bucket}` && query.size === 0) {
      const [, location = 'us-east-1'] = /<LocationConstraint>(.*?)</.exec(body.toString()) ?? [];
      this.regions.set(bucket, location);
      return undefined;
    }
    const region = this.regions.get(bucket);
    if (region === undefined || region === asked) return undefined;
    const message = 'The bucket you are attempting to access must be addressed using the specified endpoint.';
    const error = `<Error><Code>PermanentRedirect</Code><Message>${message}</Message><Bucket>${bucket}</Bucket></Error>`;
    return {
      status: 301,
      headers: { 'content-type': 'application/xml', 'x-amz-bucket-region': region },
      body: method === 'HEAD' ? '' : error,
    };
  }
}
