import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { notKept } from '../durable/settled.js';
import type { VmKeeper } from '../durable/vm-keeper.js';
import type { VmLog } from '../fleet/vm-log.js';
import type { Host } from '../host/host.js';
import { ApiError } from '../wire/errors.js';
import { accessOf } from './access.js';
import { accessedBy, demandMatch, etagOf, isAboutVm, released, takesIfMatch } from './etag.js';
import { freshen, vmNamedBy, vmOf, wake } from './named-vm.js';

/** Times that a request is carried out, at most, while other servers write to its VM first. */
const TRIES_MAX = 8;

/** A request that is carried out, perhaps again. */
interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Calls the handler of its route. */
  readonly handle: () => unknown;
  /** Whether it may change its VM. */
  readonly isChanging: boolean;
  /** Whether it makes something of the VM that stays, and so needs one that is kept. */
  readonly needsKept: boolean;
}

/** Outcome of a request that was carried out once. */
interface Outcome {
  /** The log of the VM, and the changes of which the answer may tell. */
  readonly log: VmLog | null;
  readonly changes: number;
  /** Whether the VM was dropped meanwhile, so that it has to be made again. */
  readonly isDropped: boolean;
  readonly payload?: unknown;
  readonly error?: unknown;
}

/**
 * Carries a request about a VM out again if another server wrote to the VM first: nothing is told of what
 * was undone. Requests that change a VM take turns, so that each is kept as a whole or not at all.
 */
export function carryOutAgain(app: FastifyInstance, host: Host, keeper: VmKeeper): void {
  app.addHook('onRoute', (route: RouteOptions) => {
    const { access, needsKept = false } = accessOf({ config: route.config ?? {} });
    if (access === 'all' || !isAboutVm(route.url)) return;
    const { handler } = route;
    const isChanging = takesIfMatch(accessedBy(route));
    route.handler = function (request, reply) {
      const handle = () => handler.call(this, request, reply);
      if (request.ws) return handle();
      return carryOut(host, keeper, { request, reply, handle, isChanging, needsKept });
    };
  });
}

async function carryOut(host: Host, keeper: VmKeeper, asked: Asked): Promise<unknown> {
  const { request, reply, isChanging } = asked;
  const once = () => carryOutOnce(host, keeper, asked);
  for (let tries = 1; ; tries += 1) {
    const vm = vmNamedBy(request) as string;
    const outcome = await (isChanging ? keeper.takeTurn(vm, once) : once());
    // A stream shows what is kept alone.
    if (outcome.payload instanceof Readable) return outcome.payload;
    if (!(await isUndone(outcome))) {
      if ('error' in outcome) throw outcome.error;
      return outcome.payload;
    }
    if (tries === TRIES_MAX) throw lostTooOften(vm);
    void reply.code(200).removeHeader('etag');
    await freshen(host, keeper, request);
  }
}

async function carryOutOnce(host: Host, keeper: VmKeeper, asked: Asked): Promise<Outcome> {
  const { request, reply, handle, isChanging, needsKept } = asked;
  // It may have been dropped while the request waited for its turn.
  await wake(host, request);
  const vm = vmNamedBy(request) as string;
  if (needsKept) await keeper.keepNow(vm);
  const entry = vmOf(request);
  const log = entry?.log ?? null;
  const told = () => {
    const now = host.fleet.find(vm);
    const isDropped = entry !== undefined && now !== entry && host.fleet.has(vm);
    return { log, changes: log?.changes ?? 0, isDropped };
  };
  try {
    if (entry !== undefined) await released(entry);
    if (isChanging) demandMatch(host, request);
    const payload = await handle();
    if (!(payload instanceof Readable)) tag(host, request, reply);
    return { ...told(), isDropped: false, payload };
  } catch (error) {
    tag(host, request, reply);
    return { ...told(), error };
  }
}

/** The tag of the very state that the answer tells of: another request may change the VM at once. */
function tag(host: Host, request: FastifyRequest, reply: FastifyReply): void {
  const entry = host.fleet.find(vmNamedBy(request) as string);
  if (entry === undefined || reply.hasHeader('etag')) return;
  void reply.header('etag', etagOf(host, entry));
}

/** Waits until all that an answer may tell of is kept, or undone. */
async function isUndone({ log, changes, isDropped }: Outcome): Promise<boolean> {
  try {
    await log?.settled;
  } catch (error) {
    throw notKept(error);
  }
  return isDropped || (log !== null && log.kept < changes);
}

function lostTooOften(vm: string): ApiError {
  return new ApiError(
    'journal-failed',
    `Cannot keep what was asked of VM "${vm}": other servers wrote to it first, ${TRIES_MAX} times; ask again`,
  );
}
