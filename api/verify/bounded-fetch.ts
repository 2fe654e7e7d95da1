/** Sends the one kind of request to a provider: a GET with limits on time and size. */

/** From the request to the last byte, in milliseconds. */
export const fetchTimeoutMs = 2_000;
/** Largest answer, in bytes. Google's key set has about 1,500. The rest of a larger answer is not read. */
const maximumBytes = 262_144;

/**
 * Returns the text at `url`. Throws an `Error` with a fixed word as its message (never the answer's text) unless it
 * gets a whole 200 within `timeoutMs`. Does not follow redirects. The config allows plain http only on the loopback.
 */
export async function fetchBounded(url: string, timeoutMs = fetchTimeoutMs): Promise<string> {
  // Not `import`: it reads the modules' lazy getters and loads undici, which more than doubles the cold start.
  const { get } = url.startsWith('http:')
    ? process.getBuiltinModule('node:http')
    : process.getBuiltinModule('node:https');
  return new Promise((resolve, reject) => {
    const fail = (cause: string): void => {
      clearTimeout(timer);
      reject(new Error(cause));
      request.destroy();
    };
    // After a freeze the timer fires first, even if the answer has arrived. `setImmediate` lets the answer be read
    // before the request fails.
    const timer = setTimeout(() => setImmediate(fail, 'timeout'), timeoutMs);
    // A new connection each time: one from before a freeze may be dead.
    const request = get(url, { agent: false, headers: { accept: 'application/json' } }, (response) => {
      if (response.statusCode !== 200) return fail(`status ${response.statusCode}`);
      if (Number(response.headers['content-length'] ?? 0) > maximumBytes) return fail('too large');
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maximumBytes) fail('too large');
        else chunks.push(chunk);
      });
      response.on('error', () => fail('connection'));
      response.on('end', () => {
        clearTimeout(timer);
        resolve(Buffer.concat(chunks).toString('utf8'));
      });
      return undefined;
    });
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'connection'));
  });
}
