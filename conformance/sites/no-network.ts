/** Loaded by every process of a generator, before its own code. */
import { stayOnLoopback } from '../support/loopback.ts';

stayOnLoopback();
