import { describe, expect, test } from 'vitest';
import { PAGES } from '../../src/server/routes/files.js';
import { PAGES as DRAWN } from '../../web/pages.js';
import { hrefOfOld } from '../../web/shell/links.js';
import { paramsOf } from '../../web/shell/path.js';

describe('a path', () => {
  test.each([
    ['/', '/', {}],
    ['/race', '/race/', {}],
    ['/race', '/races', null],
    ['/vm/:vm', '/vm/vm-1-abc', { vm: 'vm-1-abc' }],
    ['/vm/:vm', '/vm/', null],
    ['/vm/:vm', '/vm/vm-1@20', null],
    ['/vm/:vm', '/vm/vm-1/race', null],
    ['/vm/:vm@:seq', '/vm/vm-1@20', { vm: 'vm-1', seq: '20' }],
    ['/vm/:vm@:seq', '/vm/vm-1@', null],
    ['/vm/:vm', '/vm/a%2Fb%40c', { vm: 'a/b@c' }],
    ['/vm/:vm', '/vm/50%', null],
    ['/vm/:vm/race', '/vm/vm-1/race', { vm: 'vm-1' }],
  ])('%s is put to %s', (pattern, path, params) => {
    expect(paramsOf(pattern, path)).toEqual(params);
  });
});

test.each([
  ['?vm=vm-1-abc', '/vm/vm-1-abc'],
  ['?vm=a/b', '/vm/a%2Fb'],
  ['?race', '/race'],
  ['?race&vm=vm-1', '/vm/vm-1/race'],
  ['?job=job-1', '/race/job-1'],
  ['', null],
  ['?vm=', null],
  ['?other=1', null],
])('the old address /%s leads to %s', (query, href) => {
  expect(hrefOfOld(new URLSearchParams(query))).toBe(href);
});

test('the server serves the page at the path of every page, and at no other', () => {
  const served = Object.keys(PAGES).filter((path) => path !== '/docs');
  // A router of servers takes a path with `@` for one of the part before it.
  const drawn = DRAWN.map(({ path }) => path).filter((path) => !path.includes('@'));
  expect(served.sort()).toEqual(drawn.sort());
});
