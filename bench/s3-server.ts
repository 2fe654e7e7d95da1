/** A local S3 in a process of its own. Sends its address, then the requests so far whenever it gets a message. */
import { startStubBucket } from '../cli/testing/stub-bucket.ts';

const bucket = await startStubBucket({ pageSize: 1000 });
process.on('message', () => {
  process.send?.(bucket.journal.map((line) => line.split(' ', 1)[0]));
  bucket.journal.length = 0;
});
process.on('disconnect', () => process.exit());
process.send?.(bucket.origin);
