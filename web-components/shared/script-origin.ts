/** Makes the site that this script came from the default API, so that pages of other origins can embed the element. */
import { defaultApi } from './default-api.ts';

const { origin, protocol } = new URL(import.meta.url);
if (protocol === 'https:' || protocol === 'http:') defaultApi.origin = origin;
