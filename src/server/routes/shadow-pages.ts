import { z } from 'zod';
import {
  hex,
  type ShadowPageFilter,
  shadowPageAt,
  shadowPageStateOf,
  shadowPagesOf,
  sptesOf,
  type Vm,
} from '../../mmu/index.js';
import { PhysicalAddress, ShadowPageState, SpteState } from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { atMoment, Digits, Seq, VmId } from '../wire/frames.js';
import { OF_MOMENT, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const seq = Seq.describe('Sequence number of the VM at which this holds.');

const ShadowPageList = z
  .strictObject({
    pages: z.array(ShadowPageState),
    seq,
    total: z.number().int().describe('Shadow pages that were asked for, here or not.'),
    next: z.string().nullable().describe('`cursor` of the next part; null if this is the last.'),
  })
  .meta({ id: 'ShadowPageList', description: 'Some of the shadow pages of a VM.' });

const ShadowPageDump = z
  .strictObject({ entries: z.array(SpteState), seq, page: ShadowPageState })
  .meta({ id: 'ShadowPageDump', description: 'A shadow page with its entries.' });

const ShadowPageQuery = z.strictObject({
  ...atMoment,
  gfn: Digits.optional().describe('Only the shadows of this guest frame.'),
  root: PhysicalAddress.optional().describe(
    'Only pages below the root at this host address, depth first.',
  ),
  cursor: Digits.default(0).describe('`next` of the part before.'),
  limit: Digits.pipe(z.number().min(1).max(BOUNDS.shadowPagesPerPage.value)).default(100),
});

export const listShadowPages = operation({
  id: 'listShadowPages',
  takes: { params: z.strictObject({ vm: VmId }), querystring: ShadowPageQuery },
  answer: ShadowPageList,
  run({ fleet, moments }, { params, query: { at, cursor, limit, ...filter } }) {
    return moments.look(fleet.get(params.vm), at, ({ vm, seq }) => {
      const found = pagesOf(vm, filter);
      const end = cursor + limit;
      return {
        pages: found.slice(cursor, end).map((page) => shadowPageStateOf(vm, page)),
        seq,
        total: found.length,
        next: end < found.length ? String(end) : null,
      };
    });
  },
});

export const getShadowPage = operation({
  id: 'getShadowPage',
  takes: {
    params: z.strictObject({ vm: VmId, hpa: PhysicalAddress }),
    querystring: z.strictObject(atMoment),
  },
  answer: ShadowPageDump,
  run({ fleet, moments }, { params, query: { at } }) {
    return moments.look(fleet.get(params.vm), at, ({ vm, seq }) => {
      const page = shadowPageAt(vm, params.hpa);
      if (page === null) throw noPageAt(params.hpa);
      return { entries: sptesOf(vm, page), seq, page: shadowPageStateOf(vm, page) };
    });
  },
});

const tags = ['dumps'];

/** `/v1/vms/:vm/shadow-pages`: KVM's shadows of the guest's tables. */
export const shadowPageRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/shadow-pages',
    {
      schema: {
        operationId: listShadowPages.id,
        summary: 'List shadow pages in the order of their creation, or those below a root.',
        description: 'With `gfn`, only the shadows of one guest frame.',
        tags,
        ...listShadowPages.takes,
        response: { 200: ShadowPageList, ...refusals(...OF_MOMENT, 'shadow-page-not-found') },
      },
    },
    (request) => listShadowPages.run(host, request),
  );

  app.get(
    '/v1/vms/:vm/shadow-pages/:hpa',
    {
      schema: {
        operationId: getShadowPage.id,
        summary: 'Read a shadow page with its entries.',
        description: 'Empty entries are left out.',
        tags,
        ...getShadowPage.takes,
        response: { 200: ShadowPageDump, ...refusals(...OF_MOMENT, 'shadow-page-not-found') },
      },
    },
    (request) => getShadowPage.run(host, request),
  );
};

function pagesOf(vm: Vm, filter: ShadowPageFilter) {
  const pages = shadowPagesOf(vm, filter);
  if (pages === null) throw noPageAt(filter.root as number);
  return pages;
}

function noPageAt(hpa: number): ApiError {
  return new ApiError(
    'shadow-page-not-found',
    `Cannot find shadow page ${hex(hpa)}: no page or root lies there`,
  );
}
