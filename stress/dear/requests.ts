import { ALL_PAGES, type Machines, mapped, switches, touches } from './machines.js';

/** A legal request that costs much. */
export interface Dear {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly accept?: string;
}

const LINES = 'application/x-ndjson';

/** Small but many: the words of a body of nearly 4 MiB. */
const WORDS = Array.from({ length: 60_000 }, (_, i) => ({
  gpa: `0x${(0x4000000 + i * 8).toString(16)}`,
  value: '0x123456789abcdef0',
}));

/** The dearest legal requests of the routes that may cost much. */
export function dearRequests(machines: Machines): readonly Dear[] {
  return [...asking(machines), ...reading(machines), ...making(machines), ...commands(machines)];
}

function commands({ busy, full, wide, raced, shadowed }: Machines): readonly Dear[] {
  const batch = (vm: string, name: string, body: readonly object[], query = ''): Dear => ({
    name: `batch${query}: ${name}`,
    method: 'POST',
    path: `/v1/vms/${vm}/commands${query}`,
    body,
  });
  const one = (vm: string, kind: string, body: object = {}): Dear => ({
    name: kind,
    method: 'POST',
    path: `/v1/vms/${vm}/vcpus/0/${kind}`,
    body,
  });
  const { kind: _kind, vcpu: _vcpu, ...map } = mapped(65_536) as { kind: string; vcpu: number };
  return [
    batch(busy, '10,000 mov-cr3', switches(10_000), '?events=true'),
    batch(busy, '10,000 mov-cr3', switches(10_000)),
    batch(busy, '1,000 mov-cr3', switches(1000), '?atomic=true&events=true'),
    batch(busy, '1,000 mov-cr3', switches(1000), '?dryRun=true&events=true'),
    batch(raced, '1,000 mov-cr3', switches(1000), '?atomic=true'),
    batch(raced, '10,000 mov-cr3', switches(10_000)),
    batch(full, '1,000 writes', touches(1000), '?atomic=true'),
    batch(full, '8,000 writes', touches(8000), '?events=true'),
    batch(wide, '10,000 zap-all on 64 vCPUs', everywhere('zap-all', 10_000)),
    batch(wide, '1,000 zap-all on 64 vCPUs', everywhere('zap-all', 1000), '?atomic=true'),
    batch(wide, '10,000 enter on 64 vCPUs', everywhere('enter', 10_000)),
    one(busy, 'map', map),
    batch(busy, '200 map of 65,536 pages', Array(200).fill(mapped(65_536))),
    one(full, 'unmap', { gpa: '0x0', bytes: 2 ** 32 }),
    one(shadowed, 'dirty-log', { slot: 0, enabled: true }),
    one(shadowed, 'unmap', { gpa: '0x0', bytes: 2 ** 32 }),
    one(shadowed, 'zap-all'),
  ];
}

function everywhere(kind: string, count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({ kind, vcpu: i % 64 }));
}

function reading({ busy, forgotten, full, wide, raced, shadowed }: Machines): readonly Dear[] {
  const get = (path: string, accept?: string): Dear => ({
    name: path.replaceAll(/vm-\d+-\w+/g, 'VM'),
    method: 'GET',
    path,
    ...(accept === undefined ? {} : { accept }),
  });
  return [
    ...[
      '/metrics',
      '/openapi.yaml',
      '/v1/model',
      '/v1/policies',
      '/v1/museum',
      '/v1/workloads',
    ].map((path) => get(path)),
    get('/v1/museum/pcide-keeps-roots'),
    ...['kpti', 'hostile', 'nested-shadow', 'fork-exit'].flatMap((name) => [
      get(`/v1/workloads/${name}?commands=100000`, LINES),
      get(`/v1/workloads/${name}?commands=10000`),
    ]),
    get('/v1/vms?limit=1000'),
    get(`/v1/vms/${full}`),
    get(`/v1/vms/${wide}/vcpus`),
    get(`/v1/vms/${busy}/events?limit=10000`),
    get(`/v1/vms/${full}/vcpus/0/tlb?limit=10000`),
    get(`/v1/vms/${shadowed}/shadow-pages?limit=1000`),
    get(`/v1/vms/${shadowed}/vcpus/0/tlb?limit=10000`),
    get(`/v1/vms/${full}/memory?gpa=0x4000000&bytes=65536`),
    get(`/v1/vms/${full}/vcpus/0/allowed?gva=0x8000001000`),
    get(`/v1/vms/${full}/digest`),
    get(`/v1/vms/${shadowed}/digest`),
    get(`/v1/vms/${busy}/digest?seq=${forgotten + 4000}`),
    get(`/v1/diff?a=${full}&b=${shadowed}&limit=10000`),
    get(`/v1/diff?a=${busy}&b=${wide}&limit=10000`),
    get(`/v1/vms/${raced}/race`),
    get(`/v1/vms/${raced}/case`),
    get(`/v1/vms/${full}/case`),
    get(`/v1/vms/${busy}/ledger`),
    get(`/v1/vms/${busy}/wait?after=${forgotten}&kind=violation&timeoutMs=0`),
  ];
}

function asking({ busy, forgotten }: Machines): readonly Dear[] {
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
  const after = { path: '/seq', op: 'lt', value: 0 };
  return [
    {
      name: 'verify',
      method: 'POST',
      path: `/v1/vms/${busy}/verify`,
      body: { after: forgotten, expect },
    },
    {
      name: 'wait behind the oldest record',
      method: 'POST',
      path: `/v1/vms/${busy}/wait`,
      body: { until: { on: 'event', match: { where: [after] }, after: forgotten }, timeoutMs: 0 },
    },
  ];
}

function making({ full, shadowed }: Machines): readonly Dear[] {
  const post = (path: string, body: unknown, name = path): Dear => ({
    name: name.replaceAll(/vm-\d+-\w+/g, 'VM'),
    method: 'POST',
    path,
    body,
  });
  const tags = { dear: 'made' };
  return [
    post('/v1/vms', { tags, memory: { words: WORDS } }, '/v1/vms with 60,000 words'),
    post(
      '/v1/vms',
      { tags, memory: { fills: Array(64).fill({ ...ALL_PAGES, count: 65_536, stride: 8 }) } },
      '/v1/vms with 64 fills',
    ),
    post(
      '/v1/vms',
      { tags, vcpus: 64, lanes: [{ policy: 'need-sync' }] },
      '/v1/vms with 64 vCPUs and lanes',
    ),
    post(`/v1/vms/${full}/fork`, {}),
    post(`/v1/vms/${shadowed}/fork`, {}),
    post(`/v1/vms/${full}/snapshots`, { name: `s${Math.random().toString(36).slice(2)}` }),
    post(`/v1/vms/${full}/fork`, { policy: 'need-sync' }, '/v1/vms/VM/fork with changes'),
    post('/v1/races', {
      source: { kind: 'workload', name: 'kpti', seed: 1, parameters: { commands: 100_000 } },
      policies: 'all',
      prevRoots: [0, 3, 15],
    }),
    post(`/v1/vms/${full}/reset`, {}),
    { name: 'deletion of VMs by tag', method: 'DELETE', path: '/v1/vms?tag=dear:made' },
  ];
}
