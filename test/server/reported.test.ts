import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ask, shareApp } from './start.js';

const shared = shareApp();

interface Event {
  readonly kind: string;
}

interface Reported {
  readonly id: string;
  readonly config: object;
  readonly commands: readonly { readonly vcpu: number; readonly kind: string }[];
  readonly expectLast: object;
}

const REPORTED = JSON.parse(
  readFileSync(new URL('../../conformance/findings/reported.json', import.meta.url), 'utf8'),
) as Reported[];

/** By the manual; KVM itself answers otherwise, and the oracle objects: see docs/holes.md. */
const HOLES: Readonly<Record<string, object>> = {
  'F3-smap-wp0': { kind: 'ok', value: '0x1' },
};

test.each(REPORTED.map((one) => [one.id, one] as const))('%s', async (id, reported) => {
  const app = await shared();
  const vm = (await ask(app, 'POST', '/v1/vms', reported.config)).json.id;
  let last: { outcome?: object; events?: { event: Event }[] } = {};
  for (const { vcpu, kind, ...body } of reported.commands) {
    const { status, json } = await ask(app, 'POST', `/v1/vms/${vm}/vcpus/${vcpu}/${kind}`, body);
    expect([kind, status]).toEqual([kind, 200]);
    last = json;
  }
  expect(last.outcome).toEqual(HOLES[id] ?? reported.expectLast);
  const violations = (last.events ?? []).flatMap(({ event }) =>
    event.kind === 'violation' ? [event] : [],
  );
  // A right that never was has no write that ended it, and no invalidation that should have.
  const message =
    'A read of 0x400000 was allowed by a TLB entry with a right that no entry has given';
  const nobody = { write: null, invalidation: null, survival: null };
  const expected = { rule: 'right-never-given', ...nobody, message };
  expect(violations).toMatchObject(id in HOLES ? [expected] : []);
});
