/** A bucket has one Region, and S3 redirects requests for another Region. moto does not do that. */
import type { ApiAnswer, ApiRequest } from './api.ts';

export class BucketRegions {
  private readonly regions = new Map<string, string>();

  /**
   * S3's answer to a request in a Region that is not the bucket's; undefined for every other request.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
   */
  answer({ method, path, query, headers, body }: ApiRequest): ApiAnswer | undefined {
    // Only the scope of a signature, `…/DATE/REGION/s3/aws4_request`, contains the Region here.
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
    const content = `<Code>PermanentRedirect</Code><Message>${message}</Message><Bucket>${bucket}</Bucket>`;
    const error = `<Error>${content}</Error>`;
    return {
      status: 301,
      headers: { 'content-type': 'application/xml', 'x-amz-bucket-region': region },
      body: method === 'HEAD' ? '' : error,
    };
  }
}
