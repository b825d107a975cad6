import type { Machines } from './machines.js';
import { type Dear, get, LINES } from './request.js';

/** Requests for something that the server knows. */
export function reading(machines: Machines): readonly Dear[] {
  return [...known(), ...dumps(machines), ...past(machines), ...compared(machines)];
}

const WORKLOADS = [
  ...['kpti', 'asids', 'fork-exit', 'pcid-churn', 'unmap'],
  ...['nested-invept', 'nested-shadow', 'shootdown', 'hostile'],
];

function known(): readonly Dear[] {
  const paths = [
    ...['/healthz', '/readyz', '/metrics', '/openapi.yaml', '/v1/model', '/v1/policies'],
    ...['/v1/museum', '/v1/museum/pcide-keeps-roots', '/v1/workloads', '/v1/cost-model'],
    '/v1/certificate',
    ...['/v1/price-lists', '/v1/jobs?limit=100', '/v1/vms?limit=1000'],
  ];
  return [
    ...paths.map((path) => get(path)),
    ...WORKLOADS.flatMap((name) => [
      get(`/v1/workloads/${name}?commands=100000`, LINES),
      get(`/v1/workloads/${name}?commands=10000`),
    ]),
  ];
}

function dumps({
  full,
  wide,
  shadowed,
  wordy,
  raced,
  busy,
  crowd,
  job,
}: Machines): readonly Dear[] {
  return [
    get(`/v1/vms/${full}`),
    get(`/v1/vms/${wordy}`),
    get(`/v1/vms/${wide}/vcpus`),
    get(`/v1/vms/${shadowed}/vcpus/0`),
    get(`/v1/vms/${full}/vcpus/0/tlb?limit=10000`),
    get(`/v1/vms/${shadowed}/vcpus/0/tlb?limit=10000`),
    get(`/v1/vms/${shadowed}/shadow-pages?limit=1000`),
    get(`/v1/vms/${shadowed}/shadow-pages?limit=1000&cursor=5000`),
    get(`/v1/vms/${shadowed}/shadow-pages?limit=1000&gfn=512`),
    get(`/v1/vms/${shadowed}/shadow-pages/0x100000`),
    get(`/v1/vms/${full}/memory?gpa=0x4000000&bytes=65536`),
    get(`/v1/vms/${full}/vcpus/0/allowed?gva=0x8000001000`),
    get(`/v1/vms/${full}/vcpus/0/walk?gva=0x8000001000`),
    get(`/v1/vms/${full}/vcpus/0/explain?pgd=0x100000`),
    get(`/v1/vms/${crowd}/ledger`),
    get(`/v1/vms/${busy}/violations`),
    get(`/v1/vms/${raced}/race`),
    get(`/v1/vms/${full}/snapshots`),
    get(`/v1/jobs/${job}`),
  ];
}

function past({ busy, forgotten, full, wide, long, crowd }: Machines): readonly Dear[] {
  const middle = 200_000;
  return [
    get(`/v1/vms/${busy}/events?limit=10000`),
    get(`/v1/vms/${long}/events?limit=10000&after=${middle}`),
    // Nothing is found, in all that is kept.
    get(`/v1/vms/${long}/events?limit=10000&kind=violation`),
    get(`/v1/vms/${long}/search?text=nothing&limit=1000`),
    get(`/v1/vms/${long}/search?pgd=0x123000&after=${middle}`),
    get(`/v1/vms/${long}/events/${middle}/why`),
    get(`/v1/vms/${busy}/events/${forgotten + 2000}/why`),
    get(`/v1/vms/${long}/timeline?buckets=1024`),
    get(`/v1/vms/${crowd}/timeline?buckets=1024`),
    get(`/v1/vms/${crowd}/vcpus?at=60001`),
    get(`/v1/vms/${wide}/vcpus?at=1`),
    get(`/v1/vms/${long}/vcpus/0?at=${middle + 7}`),
    get(`/v1/vms/${full}/vcpus/0/tlb?at=4000&limit=10000`),
    get(`/v1/vms/${full}/memory?gpa=0x4000000&bytes=65536&at=3001`),
    get(`/v1/vms/${full}/digest`),
    get(`/v1/vms/${busy}/digest?seq=${forgotten + 2000}`),
    get(`/v1/vms/${long}/digest?seq=${middle + 100_001}`),
    get(`/v1/vms/${busy}/wait?after=${forgotten}&kind=violation&timeoutMs=0`),
    get(`/v1/vms/${long}/wait?after=0&kind=violation&timeoutMs=0`),
  ];
}

function compared(machines: Machines): readonly Dear[] {
  const { trace, traced, busy, full, wide, shadowed, raced, wordy, long } = machines;
  return [
    get(`/v1/vms/${shadowed}/digest`),
    get(`/v1/diff?a=${full}&b=${shadowed}&limit=10000`),
    get(`/v1/diff?a=${busy}&b=${wide}&limit=10000`),
    get(`/v1/diff?a=${wordy}&b=${full}&limit=10000`),
    get(`/v1/vms/${long}/diff?from=1&to=${400_000}&limit=10000`),
    get(`/v1/vms/${raced}/case`),
    get(`/v1/vms/${full}/case`),
    get(`/v1/vms/${wordy}/case`),
    get(`/v1/vms/${long}/case`),
    get(`/v1/vms/${long}/excerpt?at=${400_000}`),
    get(`/v1/vms/${full}/excerpt`),
    get(`/v1/vms/${long}/coverage?limit=1000`),
    get(`/v1/traces/${trace}/report?as=html`),
    get(`/v1/traces/${trace}/report?as=perfetto`),
    get(`/v1/vms/${traced}/trace?limit=10000`),
  ];
}
