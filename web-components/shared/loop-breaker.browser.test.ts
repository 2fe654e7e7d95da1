import { describe, expect, it } from 'vitest';
import { likelyCauses, reservedNames } from '../login/login-loop.ts';
import { memoryStorage, standInPage } from '../testing/stand-ins.ts';
import { clearRounds, LoopBreaker } from './loop-breaker.ts';

const hosts = ['docs.example.com'];
const refusing = (): Storage => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};

describe('likelyCauses', () => {
  it('names firewall, country or key change if there is no other evidence', () => {
    expect(likelyCauses(standInPage(), hosts, 0)).toEqual(['refused_elsewhere']);
  });

  it.each(['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'])('knows the reserved name %s', (name) => {
    const page = standInPage(`https://docs.example.com/a.html?${name}=1`);
    expect(likelyCauses(page, hosts, 0)).toEqual(['reserved_query']);
    expect(reservedNames(page.href)).toEqual([name]);
  });

  it('does not confuse a similar name with a reserved one', () => {
    expect(reservedNames('https://docs.example.com/?policy=1&Expires2=1&x=Policy')).toEqual([]);
  });

  it('knows another host', () => {
    expect(likelyCauses(standInPage('https://other.example.com/'), hosts, 0)).toEqual(['other_host']);
  });

  it.each(['CloudFront-Policy=x', 'theme=dark; CloudFront-Signature=x'])(
    'knows the foreign cookie in %s',
    (cookies) => {
      const page = { ...standInPage(), visibleCookies: cookies };
      expect(likelyCauses(page, hosts, 0)).toEqual(['foreign_cookie']);
    },
  );

  it('ignores a cookie that only mentions CloudFront', () => {
    const page = { ...standInPage(), visibleCookies: 'note=CloudFront-Policy; My-CloudFront-Policy=1' };
    expect(likelyCauses(page, hosts, 0)).toEqual(['refused_elsewhere']);
  });

  it('knows a service worker', () => {
    expect(likelyCauses({ ...standInPage(), serviceWorker: true }, hosts, 0)).toEqual(['service_worker']);
  });

  it.each([121_000, -121_000])('knows a clock that is %i ms off', (difference) => {
    expect(likelyCauses(standInPage(), hosts, difference)).toEqual(['clock']);
  });

  it('tolerates a clock that is a little off', () => {
    expect(likelyCauses(standInPage(), hosts, 119_000)).toEqual(['refused_elsewhere']);
  });

  it('puts certain causes before possible ones', () => {
    const page = { ...standInPage('https://docs.example.com/?Policy=1'), serviceWorker: true };
    expect(likelyCauses(page, hosts, 1e6)).toEqual(['reserved_query', 'service_worker', 'clock']);
  });
});

describe('LoopBreaker', () => {
  it('counts each key by itself', () => {
    const own = memoryStorage();
    const breaker = new LoopBreaker(() => own);
    expect([breaker.count('a', 0, 1000), breaker.count('a', 1, 1000), breaker.count('b', 2, 1000)]).toEqual([1, 2, 1]);
  });

  it('counts again from one if the last time is long ago', () => {
    const own = memoryStorage();
    const breaker = new LoopBreaker(() => own);
    breaker.count('a', 0, 1000);
    expect(breaker.seen('a', 1000, 1000)).toBe(1);
    expect(breaker.seen('a', 1001, 1000)).toBe(0);
    expect(breaker.count('a', 1001, 1000)).toBe(1);
  });

  it('remembers across page loads', () => {
    const own = memoryStorage();
    new LoopBreaker(() => own).count('a', 0, 1000);
    expect(new LoopBreaker(() => own).seen('a', 1, 1000)).toBe(1);
  });

  it('forgets everything when cleared', () => {
    const own = memoryStorage();
    const breaker = new LoopBreaker(() => own);
    breaker.count('a', 0, 1000);
    clearRounds(() => own);
    expect(breaker.seen('a', 1, 1000)).toBe(0);
  });

  it('treats refused storage as too often, and does not throw', () => {
    const breaker = new LoopBreaker(refusing);
    expect(breaker.count('a', 0, 1000)).toBe(Number.POSITIVE_INFINITY);
    expect(breaker.seen('a', 0, 1000)).toBe(0);
    expect(() => clearRounds(refusing)).not.toThrow();
  });

  it('treats full storage as too often', () => {
    const full = { ...memoryStorage(), setItem: refusing };
    expect(new LoopBreaker(() => full).count('a', 0, 1000)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(['', 'null', '{', '[]', '"x"', '{"a":null}'])('starts over from the damaged value %j', (damaged) => {
    const own = memoryStorage();
    own.setItem('s3nator-rounds', damaged);
    expect(new LoopBreaker(() => own).count('a', 0, 1000)).toBe(1);
  });
});
