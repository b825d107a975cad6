import type { Machines } from './machines.js';
import { type Dear, post } from './request.js';

/** Requests with conditions that look through a history. */
export function asking({ busy, forgotten, long }: Machines): readonly Dear[] {
  const where = Array.from({ length: 16 }, () => ({
    path: '/event/kind',
    op: 'ne',
    value: 'access',
  }));
  const of = { where };
  const expect = Array.from({ length: 32 }, (_, i) =>
    i % 2 === 0
      ? { kind: 'count', of, atLeast: 1_000_000 }
      : { kind: 'order', of: Array(16).fill(of) },
  );
  const never = { path: '/seq', op: 'lt', value: 0 };
  const waitBehind = (after: number) => ({
    until: { on: 'event', match: { where: [never] }, after },
    timeoutMs: 0,
  });
  return [
    post(`/v1/vms/${busy}/verify`, { after: forgotten, expect }, 'verify'),
    post(
      `/v1/vms/${long}/verify`,
      { after: 0, through: 100_000, expect },
      'verify of a packed history',
    ),
    post(`/v1/vms/${busy}/wait`, waitBehind(forgotten), 'wait behind the oldest record'),
    post(`/v1/vms/${long}/wait`, waitBehind(0), 'wait behind a packed record'),
  ];
}
