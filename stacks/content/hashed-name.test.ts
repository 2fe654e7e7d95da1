import { describe, expect, it } from 'vitest';
import { hasHashedName } from './hashed-name.ts';

/** Names as the tools write them. */
const hashed: Readonly<Record<string, readonly string[]>> = {
  webpack: [
    ...['/main.3f9a1c2e7b1d4c5a6e7f.js', '/runtime~main.4d5e6f7a8b9c0d1e2f3a.js', '/3f9a1c2e7b1d4c5a6e7f.png'],
    ...['/static/js/main.5ecd60fb.chunk.js', '/static/js/2.ce5d66dd.chunk.js.map', '/static/css/main.8eecdd86.css'],
    ...['/static/media/logo.3f9a1c2e.svg', '/js/chunk-vendors.c8a1d4e9.js', '/vendors~main.79ae519e.iframe.bundle.js'],
    ...['/main.9d8c7b6a.manager.bundle.js', '/fonts/lato.0a1b2c3d4e5f.woff2'],
  ],
  Docusaurus: [
    ...['/assets/js/main.b4c61e0d.js', '/assets/js/17896441.a0f3c9d2.js', '/assets/css/styles.7d3893f2.css'],
    '/assets/images/logo-b2bcd0d6bd4b9a0bb2ecb9cbad4e27d2.png',
  ],
  'Vite and Rollup': [
    ...['/assets/index-DiwrgTda.js', '/assets/index-BYrJFoHa.js', '/assets/index-B_E-RY2t.css'],
    ...['/assets/codeMirrorModule--QdMvsKi.css', '/assets/urlMatch-Cgl6axSs.js', '/assets/xtermModule.kHJ-D0s7.css'],
    ...['/assets/rolldown-runtime-D7D4PA-g.js', '/assets/firefox-1bWoP6pv.svg', '/assets/safari-na3_-uQk.svg'],
    ...['/assets/index-BnQkOdFO.css', '/assets/builders-CDdrUKLb.js.map', '/assets/index-3f9a1c2e.js'],
    ...['/assets/inter-italic-cyrillic.r48I6akx.woff2', '/assets/worker-C8BeHuxd.mjs', '/assets/engine-BKKtU2WC.wasm'],
  ],
  VitePress: [
    ...['/assets/app.BxTcuP0L.js', '/assets/chunks/framework.C1kjbUFw.js', '/assets/guide_index.md.D6E8EtSi.js'],
    ...['/assets/guide_index.md.D6E8EtSi.lean.js', '/assets/style.C2su7_N0.css'],
  ],
  esbuild: [
    ...['/app-ABCD2345.js', '/chunk-6JKLMN23.js', '/styles-2ZTPQ7XK.css', '/media/logo-K3J5HQ2W.png'],
    ...['/polyfills-B6TNHZQD.js', '/chunk-XQ4FHJ2L.js.map', '/main-7WZVHKQP.js'],
  ],
  Parcel: ['/index.a1b2c3d4.js', '/index.e7d4f687.css', '/photo.c2b96924.jpg'],
  'Next.js': [
    ...['/_next/static/chunks/main-app-3f9a1c2e7b1d4c5a.js', '/_next/static/css/3f9a1c2e7b1d4c5a.css'],
    ...['/_next/static/Zk3vXq1m9sT0uWcYb7pLd/_buildManifest.js', '/_next/static/media/c9a5bc6a7c948fb0-s.p.woff2'],
    ...['/docs/_next/static/chunks/webpack-0c1d2e3f4a5b6c7d.js', '/_next/static/chunks/fd9d1056-7e8f9a0b1c2d3e4f.js'],
  ],
  Astro: ['/_astro/index.DiwrgTda.css', '/_astro/hoisted.BvqYxNDT.js', '/_astro/photo.DHhFMyJb_Z1nJvbS.webp'],
  Nuxt: ['/_nuxt/B7pHsK-1.js', '/_nuxt/entry.DuLwZHRf.css'],
  SvelteKit: ['/_app/immutable/entry/start.CuYtTbDe.js', '/_app/immutable/chunks/BxTcuP0L.js'],
  Gatsby: ['/app-0f1e2d3c4b5a69788796.js', '/component---src-pages-index-tsx-7c8d9e0f1a2b3c4d5e6f.js'],
  'mdBook and rustdoc': [
    ...['/highlight-abc7f01d.js', '/fonts/open-sans-v17-all-charsets-300-7736aa35.woff2', '/toc-5df99dd2.js'],
    ...['/static.files/FiraSans-Regular-0fe48ade.woff2', '/elasticlunr-ef4e11c1.min.js', '/ayu-highlight-3fdfc3ac.css'],
  ],
  'MkDocs Material': [
    ...['/assets/javascripts/bundle.79ae519e.min.js', '/assets/stylesheets/main.342714a4.min.css'],
    ...['/assets/javascripts/workers/search.6ce7567c.min.js', '/assets/javascripts/bundle.79ae519e.min.js.map'],
  ],
  'names that are a hash as a whole': [
    ...['/d41d8cd98f00b204e9800998ecf8427e.png', '/da39a3ee5e6b4b0d3255bfef95601890afd80709.js'],
    '/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.woff2',
  ],
  others: [
    '/assets/application-b7f5c0d2e1a49683c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f9001122334.js',
    ...['/css/main.min.d41d8cd98f00b204e9800998ecf8427e.css', '/static/admin.55e7cbb9ba48.css'],
    ...['/app-3f9a1c2e7b1d4c5a_bg.wasm', '/Build/d41d8cd98f003204e9800998ecf8427e.data', '/workbox-7e5d4b3a.js'],
    '/_images/plantuml-9d3a1c5e7b9f0d2c4e6a8b0c1d3e5f7a9b1c3d5e.png',
  ],
};

/** Names that keep when their content changes. */
const kept: Readonly<Record<string, readonly string[]>> = {
  'a document, a page or data': [
    ...['/report-2024abcd.pdf', '/report.3f9a1c2e.pdf', '/page.3f9a1c2e.html', '/3f9a1c2e7b1d4c5a6e7f.html'],
    ...['/data.3f9a1c2e.json', '/plan-3f9a1c2e.docx', '/notes.3f9a1c2e.md', '/notes.3f9a1c2e.txt'],
    ...['/feed.3f9a1c2e.xml', '/main.3f9a1c2e.js.LICENSE.txt', '/site.3f9a1c2e.webmanifest', '/x.3f9a1c2e.csv'],
    ...['/_next/static/chunks/page.html', '/_nuxt/builds/latest.json', '/_app/version.json', '/all.3f9a1c2e.zip'],
  ],
  'a plain name': [
    ...['/app.js', '/index.js', '/sw.js', '/service-worker.js', '/site.css', '/logo.svg', '/favicon.ico', '/main.css'],
    ...['/main-settings.js', '/index-document.js', '/chunk-internal.js', '/jquery.dataTables.js', '/my-Settings.js'],
    ...['/jquery-3.7.1.min.js', '/bootstrap.bundle.min.js', '/font-awesome.min.css', '/vp-icons.css', '/a-b.js'],
  ],
  'words in capitals': [
    '/app-SETTINGS.js',
    '/docs-CHAPTER2.js',
    '/sdk-WIN32API.js',
    '/demo-H264MAIN.mp4',
    '/x-MP3AUDIO.js',
  ],
  'words that are joined': [
    ...['/view-DataGrid.js', '/lib-ReactDOM.js', '/use-LocalAll.js', '/icon-ArrowTop.svg', '/page-Html5App.js'],
    ...['/tool-Mp3ToWav.js', '/demo-Vue3App2.js', '/app.MyWidget.js', '/x-ToDoList.js', '/ui-GoToPage.js'],
    ...['/x-jQueryUI.js', '/plan-A-B-C-Da.png', '/x-My-Thing.png', '/x-My_Thing.png', '/auth-OAuth2UI.js'],
  ],
  'an item of rustdoc': ['/trait.StdFloat.js', '/trait.impl/core/trait.SimdUint.js', '/struct.XzDcBqRt.js'],
  'a hexadecimal word': [
    ...['/decade.css', '/facade-deadbeef.css', '/demo-face2face.mp4', '/x-decade80.png', '/x-cafe1234.png'],
    ...['/x-abc12345.png', '/x-a1234567.jpg', '/acceded.js', '/x.defaced1.js'],
  ],
  'a date or a number': [
    ...['/photo-20240101.jpg', '/photo-2024abcd.jpg', '/2024-01-31.png', '/shot-Jan-2024.png', '/talk-19991231.mp4'],
    ...['/build-123456789012.js', '/v1.2.3.js', '/chart-1234567890.svg', '/x-1999cafe.png', '/2024-Jan-05.png'],
  ],
  'a UUID': [
    ...['/550e8400-e29b-41d4-a716-446655440000.png', '/img-123e4567-e89b-12d3-a456-0242ac130003.jpg'],
    ...['/550E8400-E29B-41D4-A716-446655440000.png', '/9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d.png'],
    ...['/img-9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d.png', '/018f3c2a7b1d7c5a9e7f0a1b2c3d4e5f.jpg'],
  ],
  "a camera's name": ['/trip-GOPR2345.mp4', '/trip-DSCN2345.jpg', '/trip-IMG_2345.jpg', '/IMG23456.jpg'],
  'what Doxygen makes of a folder': [
    '/dir_68267d1309a1af8e8297ef4c3efbcdba.js',
    '/dir_d44c64559bbebec7f509842c48db8b23_dep.png',
  ],
  'too short or too long': [
    '/app.3f9a1c2.js',
    `/app.${'3f9a1c2e'.repeat(9)}.js`,
    '/DiwrgTda.js',
    ...['/da39a3ee5e6b4b0d3255bfef.png', '/d41d8cd98f00b204e9800998ecf8427e1.png', '/d41d8cd98f00b204.png'],
    '/3f9a1c2e.js',
    '/x-Xq3zT.js',
  ],
};

const pairs = (table: typeof hashed) => Object.entries(table).flatMap(([of, paths]) => paths.map((path) => [of, path]));

/** English words of up to eight letters, for every place in a name of eight. */
const words =
  'to do my be go in on at up us of no is it by we an as or if so all and any are bad big box buy can car cat cut ' +
  'day dog eat end far few fit for get got has her him his how its job key law let low map may men mix new not now ' +
  'off old one our out own pay put ran red run saw say sea see set she sit six sky son sun ten the tie top try two ' +
  'use van war was way web who why win yes you able also area army away baby back ball band bank base bath bear ' +
  'beat been best bird blue boat body bone book born both call card care case cell chat city club coal coat code ' +
  'cold come cook cool copy cost crew dark data date dead deal dear debt deep desk door down draw dual duty each ' +
  'earn east easy edge else even ever exit face fact fair fall farm fast fear feel file film find fire firm fish ' +
  'five flat flow food foot form four free from fuel full fund gain game gate gift girl give glad goal gold good ' +
  'gray grid grow hair half hall hand hard have head hear heat help here hero high hill hold home hope host hour ' +
  'huge idea into iron item join jump just keep kind king know lack lady lake land last late lead left less life ' +
  'lift like line link list live load lock logo long look loop lord lose love luck made mail main make many mark ' +
  'mass math meal mean meet menu mind mine mode moon more most move much must name near neck need news next nice ' +
  'nine node none note open over pack page pain pair park part pass past path peak pick pink plan play plot plug ' +
  'plus poll pool poor port post pull pure push race rail rain rank rate read real rest rice rich ride ring rise ' +
  'risk road rock role roll roof room root rule safe sale salt same sand save scan seat seed seek self sell send ' +
  'ship shoe shop show shut sick side sign silk site size skin slip slow snow soft soil sold some song soon sort ' +
  'soul spot star stay step stop such suit sure swim talk tall tape task team tell test text than that them then ' +
  'they thin this time tiny tool tour town tree trip true turn twin type unit user vast very view vote wage wait ' +
  'walk wall want warm wash wave weak wear week well west what when wide wife wild will wind wine wing wire wise ' +
  'wish with wood word work yard year zero zone about above abuse actor acute adapt admin after again agent agree ' +
  'ahead alarm album alert alike alive allow alone along alter angle angry apart apple apply arena argue array ' +
  'aside asset audio audit avoid award aware badge basic basis beach begin being below bench birth black blame ' +
  'blank blind block blood board boost brain brand bread break brief bring broad brown build cable carry catch ' +
  'cause chain chair chart chase cheap check chest chief child china claim class clean clear click clock close ' +
  'cloud coach coast count court cover craft crash cream crime cross crowd crown curve cycle daily dance death ' +
  'debug delay depth doubt draft drama dream dress drill drink drive eager early earth eight elite empty enemy ' +
  'enjoy enter entry equal error event every exact exist extra faith false fault fiber field fifth fifty fight ' +
  'final first fixed flash fleet floor fluid focus force forth forty forum found frame fresh front fruit fully ' +
  'funny giant given glass globe grace grade grand grant grass great green gross group grown guard guess guest ' +
  'guide happy heart heavy hence horse hotel house human ideal image index inner input issue joint judge known ' +
  'label large laser later laugh layer learn lease least leave legal level light limit local logic loose lower ' +
  'lucky lunch magic major maker march match maybe mayor meant media metal might minor minus mixed model money ' +
  'month moral motor mount mouse mouth movie music accident activity actually addition advanced although analysis ' +
  'announce approach argument arranged attached audience building business calendar campaign capacity category ' +
  'chairman changing chemical children choosing circular colonial comments complete computer conclude concrete ' +
  'conflict consider constant consumer continue contract control corridor coverage creation creative critical ' +
  'customer database daughter deadline decision decrease default delivery describe designer detailed diabetes ' +
  'dialogue diameter directly director disclose discount discover disorder display distance distinct district ' +
  'dividend division doctrine document domestic dominant download dropdown dynamics economic educated election ' +
  'electric elements emerging emphasis employee endpoint engineer enormous entirely entrance envelope equality ' +
  'equation estimate evaluate eventual everyone evidence exchange exciting exercise explicit exposure extended ' +
  'external facility familiar featured feedback festival finished flexible floating football forecast foremost ' +
  'formerly friendly frontend function generate generous graphics handbook handling hardware headline heritage ' +
  'highland homepage hospital identify identity imperial incident included increase indicate industry informal ' +
  'inherent initial instance integral intended interest interior internal internet interval invasion investor ' +
  'isolated keyboard language learning lighting likewise literary location magazine magnetic maintain majority ' +
  'markdown material maximum medicine metadata midnight military minimum ministry mobility moderate momentum ' +
  'movement multiple national negative normally northern notebook nowadays numerous observer occasion official ' +
  'operator opponent opposite optional ordinary original overcome overlook overview parallel parental password ' +
  'patience peaceful periodic personal persuade petition physical platform pleasant position positive possible ' +
  'powerful practice precious pregnant presence preserve pressing previous princess printing priority probable ' +
  'producer profound progress properly property proposal prospect protocol province publicly purchase quantity ' +
  'question rational reaction received recorder recovery referral register relation relative relevant reliable ' +
  'religion remember renowned repeated reporter republic required research resident resigned resource response ' +
  'restrict revision rhetoric rhythm rigorous sampling schedule scrutiny seasonal security selected sensible ' +
  'sentence separate sequence sergeant services settings shoulder sidebar situated skeleton software solution ' +
  'somebody somewhat southern specific speaking spectrum sporting standard starting stepping straight strategy ' +
  'strength striking stronger struggle stunning suburban suitable superior supposed surgical surprise survival ' +
  'sweeping swimming symbolic sympathy syndrome tactical tailored takeover tangible taxation teaching template ' +
  'tendency terminal thinking thirteen thorough thousand together tomorrow touching tracking training transfer ' +
  'treasury triangle tropical turnover ultimate umbrella uncommon universe unlikely upcoming validate valuable ' +
  'variable vertical violence volatile warranty weakness weighted whatever whenever wherever wireless withdraw ' +
  'woodland workshop yourself';
const english = [...new Set(words.split(' '))];
const ofLength = (length: number): readonly string[] => english.filter((word) => word.length === length);
const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Everything that can be before the last eight letters. */
const named = (segment: string): readonly string[] => [`/index-${segment}.js`, `/app.${segment}.min.css`];
const mistaken = (segments: readonly string[]): readonly string[] =>
  segments.flatMap(named).filter((path) => hasHashedName(path));

describe('hasHashedName', () => {
  it('knows at least sixty names of each kind', () => {
    expect([pairs(hashed).length >= 60, pairs(kept).length >= 60]).toEqual([true, true]);
  });

  it.each(pairs(hashed))('recognizes what %s writes: %s', (_, path) => {
    expect(hasHashedName(path)).toBe(true);
  });

  it.each(pairs(kept))('does not mistake %s for a hash: %s', (_, path) => {
    expect(hasHashedName(path)).toBe(false);
  });

  it('mistakes no word, however it is written', () => {
    expect(mistaken(english.flatMap((word) => [word, capitalized(word), word.toUpperCase()]))).toEqual([]);
  });

  it('mistakes no word with a number', () => {
    const numbered = [7, 6, 5, 4].flatMap((length) => {
      const number = '24675'.slice(0, 8 - length);
      const forms = ofLength(length).flatMap((word) => [word, capitalized(word), word.toUpperCase()]);
      return forms.flatMap((form) => [`${form}${number}`, `${number}${form}`]);
    });
    const parted = ofLength(4).flatMap((word) =>
      ofLength(3).map((other) => `${capitalized(word)}2${capitalized(other)}`),
    );
    expect(mistaken(numbered)).toEqual([]);
    expect(mistaken(parted)).toEqual([]);
  });

  it('mistakes no two words that are joined to eight letters', () => {
    const joined = [2, 3, 4, 5, 6].flatMap((length) =>
      ofLength(length).flatMap((first) =>
        ofLength(8 - length).flatMap((second) => [
          `${first}${capitalized(second)}`,
          `${capitalized(first)}${capitalized(second)}`,
        ]),
      ),
    );
    expect(joined.length).toBeGreaterThan(100_000);
    expect(joined.filter((segment) => hasHashedName(`/index-${segment}.js`)).slice(0, 20)).toEqual([]);
  });

  it('recognizes at least four of five random hashes of Vite and webpack, and two of three of esbuild', () => {
    const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    let state = 1;
    // The numbers of a fixed series, so that the test has one outcome.
    const next = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const share = (alphabet: string): number => {
      const names = Array.from({ length: 3000 }, () =>
        Array.from({ length: 8 }, () => alphabet[next(alphabet.length)]),
      );
      return names.filter((hash) => hasHashedName(`/chunk-${hash.join('')}.js`)).length / names.length;
    };
    expect(share(base64)).toBeGreaterThan(0.8);
    expect(share('0123456789abcdef')).toBeGreaterThan(0.8);
    expect(share(base32)).toBeGreaterThan(0.66);
  });
});
