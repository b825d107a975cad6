import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { notKept } from '../durable/settled.js';
import type { VmKeeper } from '../durable/vm-keeper.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { PROBLEM_TYPE } from '../wire/problem.js';
import { accessOf } from './access.js';
import { problemFor } from './refuse.js';

/**
 * Wakes the VM that a request is about before any route sees it, and holds every answer back until
 * all that it may tell of is durable. Must be set up behind everything that adds hooks to routes, so
 * that what those keep of an answer is durable as well.
 */
export function settleAnswers(app: FastifyInstance, host: Host): void {
  const { keeper } = host;
  if (keeper === null) return;
  wakeNamed(app, host);
  app.addHook('onRoute', (route: RouteOptions) => {
    if (accessOf({ config: route.config ?? {} }).access === 'all') return;
    const settle = (
      request: FastifyRequest,
      reply: FastifyReply,
      payload: unknown,
      done: (error: Error | null, payload?: unknown) => void,
    ) => {
      const settled = settledFor(keeper, request, reply);
      if (settled === null) done(null, payload);
      else {
        settled.then(
          () => done(null, payload),
          (error: unknown) => {
            const problem = problemFor(notKept(error), request);
            void reply.code(problem.status).type(PROBLEM_TYPE).removeHeader('content-length');
            done(null, JSON.stringify(problem));
          },
        );
      }
    };
    route.onSend = [route.onSend ?? [], settle].flat();
  });
}

/** The VM that each request under way is about. */
const users = new WeakMap<FastifyRequest, FleetVm>();

function wakeNamed(app: FastifyInstance, { fleet }: Host): void {
  app.addHook('preHandler', (request, _reply, done) => {
    const { vm } = request.params as { readonly vm?: string };
    if (vm === undefined) return done();
    const use = () => {
      const entry = fleet.find(vm);
      if (entry === undefined || request.ws) return done();
      // It cannot be put to sleep meanwhile.
      entry.users += 1;
      users.set(request, entry);
      done();
    };
    if (fleet.find(vm) !== undefined) use();
    else fleet.sleeping.wake(vm).then(use, (error) => (isDeletion(request) ? done() : done(error)));
  });
  app.addHook('onResponse', (request, _reply, done) => {
    const entry = users.get(request);
    if (entry !== undefined) {
      entry.users -= 1;
      entry.usedAt = performance.now();
    }
    done();
  });
}

/** Whether a VM is to be deleted whatever it is like: one that cannot be made again can be. */
function isDeletion({ method, routeOptions, headers }: FastifyRequest): boolean {
  return (
    method === 'DELETE' && routeOptions.url === '/v1/vms/:vm' && headers['if-match'] === undefined
  );
}

/** Statuses of answers about VMs that came or went. */
const COMING_AND_GOING: readonly number[] = [201, 204];

/**
 * A request about one VM waits for that one. Any other waits for all, and so does one that made or
 * deleted something, or whose answer is kept.
 */
function settledFor(
  keeper: VmKeeper,
  request: FastifyRequest,
  { statusCode }: FastifyReply,
): Promise<void> | null {
  const entry = users.get(request);
  const isOfOne =
    !COMING_AND_GOING.includes(statusCode) && request.headers['idempotency-key'] === undefined;
  return entry !== undefined && isOfOne ? (entry.log?.settled ?? null) : keeper.allSettled;
}
