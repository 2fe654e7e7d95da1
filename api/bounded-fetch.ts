/** Owns the one outgoing request to the provider: a bounded GET. Knows nothing of keys. */

/** From the request to the last byte, in milliseconds. */
const timeoutMs = 2_000;
/** Largest answer, in bytes; Google's key set has about 1,500. */
const maximumBytes = 262_144;

/**
 * Returns the text at `url`. Throws an `Error` whose message is a fixed word (never the answer's text) on anything but a whole 200 in time;
 * redirects are not followed. Plain http is for the loopback, which the config checks.
 */
export async function fetchBounded(url: string): Promise<string> {
  // Not `import`: that reads the modules' lazy getters and so loads undici, which more than doubles the cold start.
  const { get } = url.startsWith('http:')
    ? process.getBuiltinModule('node:http')
    : process.getBuiltinModule('node:https');
  return new Promise((resolve, reject) => {
    const fail = (cause: string): void => {
      clearTimeout(timer);
      reject(new Error(cause));
      request.destroy();
    };
    const timer = setTimeout(() => fail('timeout'), timeoutMs);
    const request = get(url, { headers: { accept: 'application/json' } }, (response) => {
      if (response.statusCode !== 200) return fail(`status ${response.statusCode}`);
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
