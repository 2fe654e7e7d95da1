// Plain JavaScript on purpose: an older Node cannot even read the TypeScript that it would have to run.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `s3nator needs Node 22.18 or later; this is ${process.versions.node}. ` +
      "In a clone, on x64 and arm64 Linux (glibc), 'npm ci' brings its own: run it first. " +
      'Elsewhere install Node 22.18 or later.',
  );
  process.exit(1);
}
