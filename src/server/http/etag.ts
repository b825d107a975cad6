import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { ApiError } from '../wire/errors.js';
import { refusals } from '../wire/refusals.js';
import { type AccessedRoute, isChange } from './access.js';

const ENTITY_TAG = '(?:W/)?"[\\x21\\x23-\\x7e]*"';

/** A coding of the answer or a page of it, which the tag of the VM's state leaves out. */
const FORM = /\+[^"+]*"$/;

const CODED_FORM = /\+(?:br|deflate|gzip|zstd)"$/;

/** @see RFC 9110, "If-Match" */
export const IfMatch = z
  .string()
  .regex(new RegExp(`^(?:\\*|${ENTITY_TAG}(?: *, *${ENTITY_TAG})*)$`), {
    message: 'neither entity tags, such as "k3x9-7-0" with its quotes, nor *',
  })
  .describe('Entity tags: change the VM only if its `ETag` is one of them.');

/** Any text is taken: what is no entity tag matches nothing. @see RFC 9110, "If-None-Match" */
export const IfNoneMatch = z
  .string()
  .describe('Entity tags of answers that the client has: one that still holds is 304.');

/**
 * `ETag` of a VM: it names the run of the server, the VM's sequence number, and the changes of its
 * labels and snapshots. No other run gives the same one.
 *
 * @param form Tells answers from each other that differ while the VM is the same.
 */
export function etagOf(
  { epoch }: Pick<Host, 'epoch'>,
  { ring, revision }: Pick<FleetVm, 'ring' | 'revision'>,
  form = '',
): string {
  return `"${epoch}-${ring.head}-${revision}${form === '' ? '' : `+${form}`}"`;
}

/** Whether a route is about one VM, and so answers with its `ETag`. */
export function isAboutVm(url: string): boolean {
  return url === VM_ROUTE || url.startsWith(`${VM_ROUTE}/`);
}

/** Whether a route heeds `If-Match`. */
export function takesIfMatch(route: AccessedRoute): boolean {
  return isAboutVm(route.url) && isChange(route);
}

/** Whether a route heeds `If-None-Match`. */
export function takesIfNoneMatch({ method, url }: AccessedRoute): boolean {
  if (OF_A_MOMENT.includes(url)) return false;
  return ['GET', 'HEAD'].includes(String(method)) && /^\/v1\/|\.yaml$/.test(url);
}

/** Routes whose answer is one of its moment, whatever the VM is like. */
const OF_A_MOMENT: readonly string[] = ['/v1/vms/:vm/wait', '/v1/vms/:vm/coverage', '/v1/events'];

const VM_ROUTE = '/v1/vms/:vm';

/**
 * Gives answers their `ETag`: those about a VM that of its state, others one of their content. Makes
 * changes of a VM heed `If-Match`, and reading heed `If-None-Match`. Must be set up before the
 * routes, whose hooks it extends.
 */
export function matchStates(app: FastifyInstance, host: Host): void {
  const carryVmEtag: OnSend = (request, reply, payload, done) => {
    const entry = host.fleet.find((request.params as VmParams).vm);
    // A stream has no `ETag`: its VM changes while it is read.
    if (entry !== undefined && !reply.hasHeader('etag') && !(payload instanceof Readable)) {
      void reply.header('etag', etagOf(host, entry));
    }
    done();
  };
  const awaitTurn = (request: FastifyRequest, _: FastifyReply, done: Done) => {
    const entry = host.fleet.find((request.params as VmParams).vm);
    if (entry === undefined || entry.held === null) done();
    else void released(entry).then(() => done());
  };
  const awaitMatch = (request: FastifyRequest, reply: FastifyReply, done: Done) => {
    const given = request.headers['if-match'];
    if (given === undefined) return awaitTurn(request, reply, done);
    const { vm } = request.params as VmParams;
    return awaitTurn(request, reply, () => done(mismatchOf(host, vm, given)));
  };
  app.addHook('onRoute', (route: RouteOptions) => {
    if (isAboutVm(route.url)) {
      const admit = takesIfMatch(accessedBy(route)) ? awaitMatch : awaitTurn;
      // The last hook, so that nothing comes between the check and the change.
      route.preHandler = [route.preHandler ?? [], admit].flat();
    }
    // The first hook, so that an answer kept for repeated requests has its ETag.
    if (isAboutVm(route.url)) route.onSend = [carryVmEtag, route.onSend ?? []].flat();
    if (takesIfNoneMatch(accessedBy(route))) {
      route.onSend = [route.onSend ?? [], carryEtag, heedIfNoneMatch].flat();
    }
    if (!takesIfMatch(accessedBy(route))) return;
    const { schema = {} } = route;
    const response = { ...refusals('precondition-failed'), ...(schema.response as object) };
    route.schema = { ...schema, response };
  });
}

type OnSend = (
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error?: Error | null, payload?: unknown) => void,
) => void;

type Done = (error?: Error) => void;

interface VmParams {
  readonly vm: string;
}

const carryEtag: OnSend = (_request, reply, payload, done) => {
  const isWhole = typeof payload === 'string' || Buffer.isBuffer(payload);
  if (isWhole && reply.statusCode === 200 && !reply.hasHeader('etag')) {
    void reply.header('etag', `"${createHash('sha1').update(payload).digest('base64url')}"`);
  }
  done();
};

/** Answers 304 without a body, where the client has the answer already. */
const heedIfNoneMatch: OnSend = (request, reply, payload, done) => {
  const given = request.headers['if-none-match'];
  const etag = reply.getHeader('etag');
  if (given === undefined || etag === undefined || reply.statusCode !== 200) return done();
  const has = given.trim() === '*' || tagsIn(given).some((tag) => tag.replace(/^W\//, '') === etag);
  if (!has) return done(null, payload);
  void reply.code(304).removeHeader('content-type').removeHeader('content-length');
  return done(null, null);
};

/** The tags of a list, each without the coding in which its answer travelled. */
function tagsIn(list: string): string[] {
  return list.split(/ *, */).map((tag) => tag.trim().replace(CODED_FORM, '"'));
}

/** Waits while a request goes on that nobody may come between. */
export async function released(entry: Pick<FleetVm, 'held'>): Promise<void> {
  while (entry.held !== null) await entry.held;
}

export function accessedBy({ method, url, config = {} }: RouteOptions): AccessedRoute {
  return { method, url, config };
}

/** @throws {ApiError} If a request names states of its VM, and it is in another one. */
export function demandMatch(host: Host, request: FastifyRequest): void {
  const given = request.headers['if-match'];
  const { vm } = request.params as VmParams;
  const mismatch = given === undefined ? undefined : mismatchOf(host, vm, given);
  if (mismatch !== undefined) throw mismatch;
}

/** Why a request may not change a VM; undefined if it may, or if there is none. */
function mismatchOf(host: Host, vm: string, given: string): ApiError | undefined {
  const checked = IfMatch.safeParse(given);
  if (!checked.success) {
    const message = checked.error.issues[0]?.message ?? '';
    return new ApiError('invalid-request', `Cannot take header "If-Match": ${message}`, {
      errors: [{ in: 'header', path: '/if-match', message }],
    });
  }
  const entry = host.fleet.find(vm);
  if (entry === undefined) return undefined;
  const etag = etagOf(host, entry);
  if (given === '*' || given.split(/ *, */).some((tag) => tag.replace(FORM, '"') === etag)) {
    return undefined;
  }
  return new ApiError(
    'precondition-failed',
    `Cannot change VM "${vm}": its ETag is ${etag}, not ${given}; read it again`,
    { seq: entry.ring.head },
  );
}
