import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { notKept } from '../durable/settled.js';
import type { VmKeeper } from '../durable/vm-keeper.js';
import type { Host } from '../host/host.js';
import { PROBLEM_TYPE } from '../wire/problem.js';
import { accessOf } from './access.js';
import { carryOutAgain } from './carry-out.js';
import { vmOf, wakeNamed } from './named-vm.js';
import { problemFor } from './refuse.js';

/**
 * Wakes the VM that a request is about before any route sees it, and holds every answer back until
 * all that it may tell of is durable. Must be set up behind everything that adds hooks to routes, so
 * that what those keep of an answer is durable as well.
 */
export function settleAnswers(app: FastifyInstance, host: Host): void {
  const { keeper } = host;
  if (keeper === null) return;
  wakeNamed(app, host, keeper);
  if (keeper.others !== null) carryOutAgain(app, host, keeper);
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
  const entry = vmOf(request);
  const isOfOne =
    !COMING_AND_GOING.includes(statusCode) && request.headers['idempotency-key'] === undefined;
  return entry !== undefined && isOfOne ? (entry.log?.settled ?? null) : keeper.allSettled;
}
