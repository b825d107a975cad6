import { VmConfig } from './built.js';

/**
 * Prints the bytes of heap of an idle vCPU, in a fleet of VMs with 64 each. Must be run with
 * `--expose-gc`.
 */
const VMS = 200;
const VCPUS_PER_VM = 64;

const { Fleet } = await load<typeof import('../src/server/fleet/fleet.js')>('fleet/fleet');
const { DEFAULT_LIMITS } = await load<typeof import('../src/server/wire/bounds.js')>('wire/bounds');
const { default: Fastify } = await import('fastify');

const fleet = new Fleet({
  limits: DEFAULT_LIMITS,
  log: Fastify().log,
  ids: (kind, n) => `${kind}-${n}`,
});
const create = () => fleet.create({ config: VmConfig.parse({ vcpus: VCPUS_PER_VM }) });

create();
const before = heapBytes();
for (let i = 0; i < VMS; i += 1) create();
const bytes = (heapBytes() - before) / (VMS * VCPUS_PER_VM);
process.stdout.write(`${bytes}\n`);

function heapBytes(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('Cannot measure the heap: run with --expose-gc');
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

async function load<T>(name: string): Promise<T> {
  return (await import(new URL(`../dist/server/${name}.js`, import.meta.url).href)) as T;
}
