/** Keeps tests off the network. Loaded before every test file in Node. */
import { beforeAll } from 'vitest';
import { stayOnLoopback } from './loopback.ts';

beforeAll(stayOnLoopback);
