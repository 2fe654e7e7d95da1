#!/usr/bin/env node
/** The entry of the installed command: looks at Node before anything that an older one cannot read. Does nothing else. */
import './check-node.js';

await import('./main.ts');
