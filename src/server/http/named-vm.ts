import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notKept } from '../durable/settled.js';
import type { VmKeeper } from '../durable/vm-keeper.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { accessOf } from './access.js';

const UNFRESH = 'Cannot tell what other servers did';

/** The VM that each request under way is about. */
const users = new WeakMap<FastifyRequest, FleetVm>();

/** Wakes the VM that a request is about before any route sees it, and as other servers left it. */
export function wakeNamed(app: FastifyInstance, host: Host, keeper: VmKeeper): void {
  app.addHook('preHandler', (request, _reply, done) => {
    const vm = vmNamedBy(request);
    if (keeper.others !== null && accessOf(request.routeOptions).access !== 'all') {
      freshen(host, keeper, request).then(() => done(), done);
    } else if (vm === undefined) done();
    else if (host.fleet.find(vm) !== undefined) {
      use(host, request);
      done();
    } else wake(host, request).then(() => done(), done);
  });
  app.addHook('onResponse', (request, _reply, done) => {
    letGo(request);
    done();
  });
}

/** The VM of a request that is under way, if it is about one that is there. */
export function vmOf(request: FastifyRequest): FleetVm | undefined {
  return users.get(request);
}

/** Waits for all that any client was told by now, and wakes the VM that a request is about. */
export async function freshen(
  host: Host,
  { others }: VmKeeper,
  request: FastifyRequest,
): Promise<void> {
  const vm = vmNamedBy(request);
  const fresh = () =>
    others?.fresh(vm).catch((error: unknown) => {
      throw notKept(error, UNFRESH);
    });
  await fresh();
  if (vm === undefined) return;
  try {
    await wake(host, request);
  } catch (error) {
    // It may have been deleted while it was read.
    await fresh();
    if (host.fleet.has(vm)) throw error;
  }
}

/**
 * Wakes the VM that a request is about, if it sleeps.
 *
 * @throws {ApiError} If it cannot be made again, and is not to be deleted.
 */
export async function wake(host: Host, request: FastifyRequest): Promise<void> {
  const vm = vmNamedBy(request);
  if (vm === undefined) return;
  try {
    await host.fleet.sleeping.wake(vm);
  } catch (error) {
    if (!isDeletion(request)) throw notKept(error, `Cannot read VM "${vm}"`);
  }
  use(host, request);
}

export function vmNamedBy(request: FastifyRequest): string | undefined {
  return (request.params as { readonly vm?: string }).vm;
}

/** Keeps the VM of a request awake. A stream sees to that itself. */
function use({ fleet }: Host, request: FastifyRequest): void {
  const entry = fleet.find(vmNamedBy(request) ?? '');
  if (users.get(request) === entry) return;
  letGo(request);
  if (entry === undefined || request.ws) return;
  entry.users += 1;
  users.set(request, entry);
}

function letGo(request: FastifyRequest): void {
  const entry = users.get(request);
  if (entry === undefined) return;
  users.delete(request);
  entry.users -= 1;
  entry.usedAt = performance.now();
}

/** Whether a VM is to be deleted whatever it is like: one that cannot be made again can be. */
function isDeletion({ method, routeOptions, headers }: FastifyRequest): boolean {
  return (
    method === 'DELETE' && routeOptions.url === '/v1/vms/:vm' && headers['if-match'] === undefined
  );
}
