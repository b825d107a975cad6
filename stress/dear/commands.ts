import { type DescribedOperation, readDescription } from '../fuzz/description.js';
import { type Machines, mapped, switches, touches } from './machines.js';
import { type Dear, post } from './request.js';

/** Commands, alone and in batches. The last ones leave little of the machines. */
export function commands(machines: Machines): readonly Dear[] {
  return [...batches(machines), ...single(machines), ...examples(machines)];
}

function batches({ busy, full, wide, raced }: Machines): readonly Dear[] {
  const batch = (vm: string, name: string, body: readonly object[], query = ''): Dear =>
    post(`/v1/vms/${vm}/commands${query}`, body, `batch${query}: ${name}`);
  return [
    batch(busy, '10,000 mov-cr3', switches(10_000), '?events=true'),
    batch(busy, '10,000 mov-cr3', switches(10_000)),
    batch(busy, '1,000 mov-cr3', switches(1000), '?atomic=true&events=true'),
    batch(busy, '1,000 mov-cr3', switches(1000), '?dryRun=true&events=true'),
    batch(raced, '1,000 mov-cr3 beside lanes', switches(1000), '?atomic=true'),
    batch(raced, '10,000 mov-cr3 beside lanes', switches(10_000)),
    batch(full, '1,000 writes', touches(1000), '?atomic=true'),
    batch(full, '8,000 writes', touches(8000), '?events=true'),
    batch(wide, '10,000 zap-all on 64 vCPUs', everywhere('zap-all', 10_000)),
    batch(wide, '1,000 zap-all on 64 vCPUs', everywhere('zap-all', 1000), '?atomic=true'),
    batch(wide, '10,000 enter on 64 vCPUs', everywhere('enter', 10_000)),
    batch(busy, '200 map of 65,536 pages', Array(200).fill(mapped(65_536))),
  ];
}

function single({ busy, full, shadowed }: Machines): readonly Dear[] {
  const one = (vm: string, kind: string, name: string, body: object = {}): Dear =>
    post(`/v1/vms/${vm}/vcpus/0/${kind}`, body, name);
  const { kind: _kind, vcpu: _vcpu, ...map } = mapped(65_536) as { kind: string; vcpu: number };
  const all = { gpa: '0x0', bytes: 2 ** 32 };
  return [
    one(busy, 'map', 'map of 65,536 pages', map),
    one(full, 'map', 'map of 65,536 pages whose tables are walked', map),
    one(full, 'unmap', 'unmap of 64 MiB', all),
    one(shadowed, 'dirty-log', 'dirty-log of 30,000 shadow pages', { slot: 0, enabled: true }),
    one(shadowed, 'get-dirty-log', 'get-dirty-log of 4 GiB', { slot: 0 }),
    one(shadowed, 'dirty-log', 'dirty-log, off', { slot: 0, enabled: false }),
    one(shadowed, 'unmap', 'unmap of 4 GiB', all),
    one(shadowed, 'zap-all', 'zap-all of 30,000 shadow pages'),
  ];
}

function everywhere(kind: string, count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({ kind, vcpu: i % 64 }));
}

/** Every command as openapi.yaml shows it, on the machines that make it dear. */
function examples({ full, shadowed }: Machines): readonly Dear[] {
  const { document } = readDescription();
  const found: Dear[] = [];
  for (const [template, { post: described }] of Object.entries(document.paths)) {
    const kind = /^\/v1\/vms\/\{vm\}\/vcpus\/\{vcpu\}\/([a-z0-9-]+)$/.exec(template)?.[1];
    if (kind === undefined || described === undefined) continue;
    for (const [vm, which] of [
      [full, '64 MiB'],
      [shadowed, '30,000 shadow pages'],
    ] as const) {
      found.push(
        post(`/v1/vms/${vm}/vcpus/0/${kind}`, exampleOf(described), `${kind} of ${which}`),
      );
    }
  }
  return found;
}

function exampleOf({ requestBody }: DescribedOperation): object {
  const { example, examples = {} } = requestBody?.content['application/json'] ?? {};
  const [first] = Object.values(examples);
  return example ?? first?.value ?? {};
}
