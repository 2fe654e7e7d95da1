/**
 * Tells letters that a person may have written from random ones: by the groups of consonants that English words begin
 * with, end with and have between vowels.
 */
const setOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Consonants that a word, or a syllable, begins with. */
const onsets = setOf(
  'b bl br c ch chr cl cr cz d dr dw f fl fr g gh gl gn gr h j js k kh kl kn kr l m mn n nv p ph phr pl pn pr ps pt ' +
    'q r rh s sc sch scr sh shr sk sl sm sn sp sph spl spr sq st str sv sw t th thr tr ts tw v vl vs w wh wr x z',
);
/** Consonants that a word, or a syllable, ends with. */
const codas = setOf(
  'b bb bl bs bt c ch ck cks cl cs ct cts d dd ddr dds dg ds dth f ff ffs fs ft fth fths fts g gg ggs gh ghs ' +
    'ght ghts gm gn gns gs h j k ks l lb lch ld lds lf lk lks ll lls lm lms ln lp lps ls lsh lt lth lts lv m mb ' +
    'mbs md ml mm mn mns mp mph mps mpt mpts ms n nc nch nct ncts nd nds ng ngs ngst ngth ngths nk nks nn ns ' +
    'nst nt nth nths nts nv nx p ph phs pl pp ps pt pth pths pts q r rb rbs rc rch rd rds rf rg rgs rk rks rl ' +
    'rld rlds rls rm rms rmth rn rns rp rps rpt rpts rr rs rsh rst rt rth rths rts rv s sc sh sk sks sm sms sp ' +
    'sps ss st sts t tch th thm thms ths ts tt ttr tts tz v w wd wk wks wl wls wn wns ws wth x xp xt xth xts z ' +
    'zz',
);
/** Words without a vowel, and words of programs that English has not. */
const abbreviations = setOf(
  'acl amd attr attrs bsd btn bzip calc cfg cjs cls cmd const cpp cpu crc css csv ctx cv db dbus dj dl dns ' +
    'exp expr ff fm fmt fs ft ftp fx gb gcc gif gl gps graphql grpc gz gzip hd hr html http https hz img impl ' +
    'intl jpg js jsx jwt kb kg km lg lr lru ls lt ltr mb md mdx mjs mkdir mm mp mr ms msg mtime mvc nodejs npm ' +
    'npmjs npx ns obj openssl pc pdf pg php pkg png pnpm postcss pr ps pt ptr px py regexp repr rfc rgb rpc rs ' +
    'rtl rx scss sd sdk sh simd sl sm spdx sql src ssh sso ssr st std stderr stdin stdio stdlib stdout str svg ' +
    'sx sys tb tbl td tls tmp tpl tr ts tsx ttf tty tv txt uint umd usr utc utf vb vcs vm vr vs wasm wc ws wss ' +
    'xhtml xl xls xml xs xsl xxx yaml yml zlib zstd',
);

const vowel = /[aeiouy]/;
/** As in "queueing". */
const maximumVowels = 5;

/** Whether letters can be a word, a part of one or a usual abbreviation. When in doubt, they can. */
export function isWordLike(letters: string): boolean {
  const word = letters.toLowerCase();
  if (word.length === 1 || abbreviations.has(word)) return true;
  if (!vowel.test(word)) return false;
  const groups = word.match(/[aeiouy]+|[^aeiouy]+/g) ?? [];
  return groups.every((group, index) => {
    if (vowel.test(group)) return group.length <= maximumVowels;
    if (index === 0) return onsets.has(group);
    return codas.has(group) || (index < groups.length - 1 && isBetweenVowels(group));
  });
}

/** The end of one syllable and the beginning of the next, each of them possibly empty. */
const isBetweenVowels = (consonants: string): boolean =>
  onsets.has(consonants) ||
  [...consonants].some((_, at) => at > 0 && codas.has(consonants.slice(0, at)) && onsets.has(consonants.slice(at)));
