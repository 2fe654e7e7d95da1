/** The one file to edit. Every field and its limits: docs/config.md. */
import { defineConfig } from './contract/config.ts';

export default defineConfig({
  sites: {
    docs: {
      region: 'eu-west-1',
      stage: 'prod',
      content: 'site/www',
      openPaths: ['/robots.txt', '/favicon.ico'],
      providers: [{ kind: 'google', clientId: 'YOUR_CLIENT_ID.apps.googleusercontent.com' }],
      identityPool: true,
      signing: { store: 's3', key: 'P-256', hash: 'SHA256' },
      session: { cookieSeconds: 3600, maximumSeconds: 86_400, persistent: false },
      allowedOrigins: [],
      access: { blocked: [], rules: [{ who: { hostedDomains: ['example.com'] }, path: '/*' }] },
    },
  },
});
