import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Fleet } from '../fleet/fleet.js';
import { ApiError } from '../wire/errors.js';
import { refusals } from '../wire/refusals.js';
import { type AccessedRoute, isChange } from './access.js';

const ENTITY_TAG = '(?:W/)?"[\\x21\\x23-\\x7e]*"';

/** @see RFC 9110, "If-Match" */
export const IfMatch = z
  .string()
  .regex(new RegExp(`^(?:\\*|${ENTITY_TAG}(?: *, *${ENTITY_TAG})*)$`), {
    message: 'neither entity tags, such as "7" with its quotes, nor *',
  })
  .describe('Entity tags: change the VM only if its `ETag` is one of them.');

/** `ETag` of a VM's state, from its sequence number. Name, tags and TTL are not part of the state. */
export function etagOf(seq: number): string {
  return `"${seq}"`;
}

/** Whether a route is about one VM, and so answers with its `ETag`. */
export function isAboutVm(url: string): boolean {
  return url === VM_ROUTE || url.startsWith(`${VM_ROUTE}/`);
}

/** Whether a route heeds `If-Match`. */
export function takesIfMatch(route: AccessedRoute): boolean {
  return isAboutVm(route.url) && isChange(route);
}

const VM_ROUTE = '/v1/vms/:vm';

/**
 * Gives answers about a VM its `ETag`, and makes changes of it heed `If-Match`. Must be set up before
 * the routes, whose hooks it extends.
 */
export function matchStates(app: FastifyInstance, fleet: Fleet): void {
  const carryEtag = (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: () => void,
  ) => {
    const entry = fleet.find((request.params as VmParams).vm);
    // A stream has no `ETag`: its VM changes while it is read.
    if (entry !== undefined && !reply.hasHeader('etag') && !(payload instanceof Readable)) {
      void reply.header('etag', etagOf(entry.ring.head));
    }
    done();
  };
  const heedIfMatch = (request: FastifyRequest, _: FastifyReply, done: () => void) => {
    const given = request.headers['if-match'];
    if (given !== undefined) demandMatch(fleet, (request.params as VmParams).vm, given);
    done();
  };
  app.addHook('onRoute', (route) => {
    if (!isAboutVm(route.url)) return;
    // The first hook, so that an answer kept for repeated requests has its ETag.
    route.onSend = [carryEtag, route.onSend ?? []].flat();
    if (!takesIfMatch(route)) return;
    const { schema = {} } = route;
    const response = { ...refusals('precondition-failed'), ...(schema.response as object) };
    route.schema = { ...schema, response };
    // The last hook, so that nothing comes between the check and the change.
    route.preHandler = [route.preHandler ?? [], heedIfMatch].flat();
  });
}

interface VmParams {
  readonly vm: string;
}

function demandMatch(fleet: Fleet, vm: string, given: string): void {
  const checked = IfMatch.safeParse(given);
  if (!checked.success) {
    const message = checked.error.issues[0]?.message ?? '';
    throw new ApiError('invalid-request', `Cannot take header "If-Match": ${message}`, {
      errors: [{ in: 'header', path: '/if-match', message }],
    });
  }
  const seq = fleet.get(vm).ring.head;
  if (given === '*' || given.split(/ *, */).includes(etagOf(seq))) return;
  throw new ApiError(
    'precondition-failed',
    `Cannot change VM "${vm}": its ETag is ${etagOf(seq)}, not ${given}; read it again`,
    { seq },
  );
}
