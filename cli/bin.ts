#!/usr/bin/env node
/** The entry of the installed command: checks the Node version before it loads what an older Node cannot read. */
import './check-node.js';

void import('./main.ts');
