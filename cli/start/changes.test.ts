import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Changes, workFor } from './changes.ts';

let reloads: string[][];
let finish: (() => void)[];
let long: string[];
let changes: Changes;
beforeEach(() => {
  vi.useFakeTimers();
  [reloads, finish, long] = [[], [], []];
  changes = new Changes({
    quietMs: 150,
    longMs: 5_000,
    reload: (files) => {
      reloads.push([...files]);
      return new Promise((done) => finish.push(done));
    },
    onLong: (file) => long.push(file),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const change = (file: string): void => changes.add(file, Date.now());
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('Changes', () => {
  it('reloads once for a burst, counted from its last change', async () => {
    for (let count = 0; count < 80; count++) {
      change(`file-${count % 10}`);
      await pass(140);
    }
    expect(reloads).toEqual([]);
    await pass(10);
    expect(reloads).toEqual([Array.from({ length: 10 }, (_, count) => `file-${count}`)]);
  });

  it('has at most one reload waiting, whatever changes while one runs', async () => {
    change('first');
    await pass(150);
    for (const file of ['a', 'b', 'a', 'c']) {
      change(file);
      await pass(1_000);
    }
    expect(reloads).toEqual([['first']]);
    finish.shift()?.();
    await pass(0);
    expect(reloads).toEqual([['first'], ['a', 'b', 'c']]);
    finish.shift()?.();
    await pass(10_000);
    expect(reloads).toHaveLength(2);
  });

  it('waits for quiet after a reload, too', async () => {
    change('first');
    await pass(150);
    change('movie');
    finish.shift()?.();
    await pass(149);
    expect(reloads).toHaveLength(1);
    await pass(1);
    expect(reloads).toEqual([['first'], ['movie']]);
  });

  it('reloads once for a file that is copied for minutes, and names it once', async () => {
    for (let count = 0; count < 3_000; count++) {
      change('movie.mp4');
      await pass(100);
    }
    expect([reloads, long]).toEqual([[], ['movie.mp4']]);
    await pass(150);
    expect(reloads).toEqual([['movie.mp4']]);
  });

  it('reloads ever more rarely for a file that is copied with pauses, and at once for any other', async () => {
    for (let passed = 0; passed < 300_000; passed += 500) {
      change('movie.mp4');
      await pass(500);
      finish.shift()?.();
    }
    expect(reloads).toHaveLength(2);
    change('page.html');
    await pass(150);
    expect(reloads.slice(2)).toEqual([['movie.mp4', 'page.html']]);
  });

  it.each([
    ['during its reload', 0],
    ['within a second of it', 900],
  ])('waits twice as long for a file that changes again %s, up to 4 s', async (_, later) => {
    for (const quiet of [150, 300, 600, 1_200, 2_400, 4_000, 4_000]) {
      const before = reloads.length;
      change('movie.mp4');
      await pass(quiet - 1);
      expect(reloads).toHaveLength(before);
      await pass(1);
      expect(reloads).toHaveLength(before + 1);
      if (later > 0) finish.shift()?.();
      await pass(later);
      if (later === 0) {
        change('movie.mp4');
        finish.shift()?.();
      }
    }
  });

  it('waits no longer than usual for a file that is saved again after a second', async () => {
    for (let count = 1; count <= 3; count++) {
      change('page.html');
      await pass(150);
      expect(reloads).toHaveLength(count);
      finish.shift()?.();
      await pass(1_001);
    }
  });

  it('names a file that is copied for minutes once more in the next burst', async () => {
    for (const file of ['one.mp4', 'two.mp4']) {
      for (let count = 0; count < 60; count++) {
        change(file);
        await pass(100);
      }
      await pass(150);
      finish.shift()?.();
      await pass(0);
    }
    expect(long).toEqual(['one.mp4', 'two.mp4']);
  });

  it('names a file that has been changing for longer than the limit, not for just as long', async () => {
    for (let passed = 0; passed <= 5_000; passed += 100) {
      change('movie.mp4');
      if (passed < 5_000) await pass(100);
    }
    expect(long).toEqual([]);
    await pass(1);
    change('movie.mp4');
    expect(long).toEqual(['movie.mp4']);
  });

  it('counts how long a file has been changing from its own burst, not from one that waits', async () => {
    change('first');
    await pass(150);
    change('second');
    await pass(6_000);
    change('second');
    expect(long).toEqual([]);
  });

  it('does not begin what waited for the running reload when it is closed', async () => {
    change('first');
    await pass(150);
    change('second');
    await pass(150);
    const closing = changes.close();
    finish.shift()?.();
    await closing;
    await pass(1_000);
    expect(reloads).toEqual([['first']]);
  });

  it('leaves no timer behind when it is closed, and sets none then', async () => {
    change('first');
    await changes.close();
    expect(vi.getTimerCount()).toBe(0);
    change('second');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts nothing after it is closed, and waits for the running reload', async () => {
    change('first');
    await pass(150);
    change('second');
    let closed = false;
    const closing = changes.close().then(() => {
      closed = true;
    });
    await pass(1_000);
    change('third');
    await pass(1_000);
    expect([closed, reloads]).toEqual([false, [['first']]]);
    finish.shift()?.();
    await closing;
    expect(reloads).toHaveLength(1);
  });
});

describe('workFor', () => {
  it('goes by the place in the checkout where a file has one, not by the place in the content', () => {
    expect(workFor('api/handler.ts', 'handler.ts')).toBe('bundles');
    expect(workFor('site/www/page.html', '.page.html')).toBe('synthesis');
  });

  it.each([
    ['api/handler.ts', 'bundles'],
    ['contract/config.ts', 'bundles'],
    ['web-components/login/login-styles.ts', 'bundles'],
    ['stacks/site-stack.ts', 'synthesis'],
    ['site/www/public/login.html', 'synthesis'],
    ['s3nator.config.ts', 'synthesis'],
    ['site/www/api/page.html', 'synthesis'],
    ['contracts/readme.md', 'synthesis'],
    ['api/ask/testing/words.ts', 'bundles'],
    ['api/handler.test.ts.map', 'bundles'],
    ['api/handler.test.ts', 'nothing'],
    ['web-components/login/secure-login.browser.test.ts', 'nothing'],
    ['api/testing/stub-aws.ts', 'nothing'],
    ['web-components/testing/page.ts', 'nothing'],
    ['api/.handler.ts.swp', 'nothing'],
    ['api/handler.ts~', 'nothing'],
  ] as const)('of a checkout: %s asks for %s', (path, work) => {
    expect(workFor(path, path)).toBe(work);
  });

  it.each([
    ['index.html', 'synthesis'],
    ['api/reference.html', 'synthesis'],
    ['contract/testing/page.test.ts', 'synthesis'],
    ['.well-known/security.txt', 'synthesis'],
    ['guide/.well-known', 'synthesis'],
    ['.well-known-drafts/page.html', 'nothing'],
    ['guide/~page.html', 'synthesis'],
    ['.git/index.lock', 'nothing'],
    ['guide/.DS_Store', 'nothing'],
    ['guide/page.html~', 'nothing'],
  ] as const)('of content: %s asks for %s, and never for bundles', (path, work) => {
    expect(workFor(undefined, path)).toBe(work);
  });
});
