import { expect, test } from 'vitest';
import { runCampaign } from '../../stress/fuzz/campaign.js';
import { readDescription } from '../../stress/fuzz/description.js';
import { Judge } from '../../stress/fuzz/judge.js';
import { answersIn } from '../../stress/fuzz/wire.js';
import { listen } from './start.js';

const SEED = 20_261_128;
/** Some of every operation; `fuzz.long.test.ts` goes on from there. */
const REQUESTS = 200;

test('requests derived from openapi.yaml are answered as it says', async () => {
  const { port } = await listen();
  const { failures } = await runCampaign({ port, seed: SEED, first: 1, last: REQUESTS });
  expect(failures).toEqual([]);
});

const description = readDescription();
const judge = new Judge(description);

const ASKED = { kind: 'as described', method: 'GET', headers: {}, body: null } as const;
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const PROBLEM_TYPE = { 'content-type': 'application/problem+json; charset=utf-8' };
const PROBLEM = { type: 'x', title: 'x', detail: 'x' };
const HEALTH = { status: 'ok', version: '0.1.0' };

/** What the judge says of an answer to a request. */
function complaints(
  url: string,
  status: number,
  json: unknown,
  {
    headers = status < 400 ? JSON_TYPE : PROBLEM_TYPE,
    ...asked
  }: { readonly headers?: object; readonly method?: string } = {},
): string[] {
  const operation = description.operations[0];
  if (operation === undefined) throw new Error('Cannot judge: nothing is described');
  const answer = { status, headers: { ...headers }, text: JSON.stringify(json), left: false };
  return judge.complaints({ ...ASKED, operation, url, ...asked }, answer);
}

test.each([
  ['/healthz', 200, { status: 'ok' }, 'an answer that is not as described: '],
  ['/healthz', 200, { ...HEALTH, more: 1 }, 'an answer that is not as described: '],
  ['/healthz', 204, null, 'status 204 is not declared for getHealth'],
  ['/healthz', 500, { ...PROBLEM, status: 500, code: 'internal' }, 'status 500'],
  ['/v1/nope', 404, { ...PROBLEM, status: 404, code: 'nope' }, 'status 404 with a problem that is'],
  ['/v1/nope', 404, { ...PROBLEM, status: 400, code: 'route-not-found' }, 'status 404 with a prob'],
  ['/v1/policies?x=1', 200, { policies: [] }, 'taken, though not as described: "x" is not known'],
  [
    '/v1/vms/a',
    409,
    { ...PROBLEM, status: 409, code: 'vm-poisoned' },
    'status 409 is not declared',
  ],
] as const)('%s answered with %i %j is complained of', (url, status, json, complaint) => {
  expect(complaints(url, status, json)).toContainEqual(expect.stringContaining(complaint));
});

test('an answer that is as described is not complained of', () => {
  expect(complaints('/healthz', 200, HEALTH)).toEqual([]);
  const refusal = { ...PROBLEM, status: 404, code: 'route-not-found' };
  expect(complaints('/v1/nope', 404, refusal)).toEqual([]);
});

test('a refusal without a problem, and a failure of the model, are complained of', () => {
  expect(complaints('/v1/nope', 404, {}, { headers: JSON_TYPE })).toEqual([
    'status 404 of type "application/json; charset=utf-8"',
  ]);
  const poisoned = { ...PROBLEM, status: 409, code: 'vm-poisoned' };
  expect(complaints('/v1/vms/a/reset', 409, poisoned, { method: 'POST' })).toContainEqual(
    expect.stringContaining('the model failed'),
  );
});

test('answers in a row are told apart', () => {
  const one = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
  const two = 'HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nA: b\r\n\r\nabc';
  expect(answersIn(`${one}${two}HTTP/1.1 20`)).toEqual([
    { status: 200, headers: { 'content-length': '2' }, text: '{}' },
    { status: 404, headers: { 'content-length': '3', a: 'b' }, text: 'abc' },
  ]);
});
