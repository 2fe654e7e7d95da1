/** Tells the elements that the site their script came from is the one to talk to: a page of another origin may embed them. Registers nothing. */
import { defaultApi } from './default-api.ts';

const { origin, protocol } = new URL(import.meta.url);
if (protocol === 'https:' || protocol === 'http:') defaultApi.origin = origin;
