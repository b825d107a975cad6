import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { KERNEL_VERSIONS, POLICIES, VMCS_REGIONS_MAX } from '../../mmu/index.js';
import {
  COMMAND_KINDS,
  COMMAND_SUMMARIES,
  MMU_PAGES_MAX,
  MmuEvent,
  PolicyName,
  PREV_ROOTS_MAX,
  RequestName,
  VCPUS_PER_VM_MAX,
} from '../../mmu/schema/index.js';
import { PAGE_FRAMES_MAX } from '../frames.js';
import { COMMANDS_PER_BATCH_MAX, type Limits } from '../limits.js';
import { refusals } from '../problem.js';

/** What the model leaves out, in the words of those who would look for it. */
const NOT_MODELLED: readonly string[] = [
  'Accesses of the guest to memory: read, write and execute.',
  'Shadow pages below the root, page faults, and which of them are unsync.',
  'The content of the TLB: flushes are told, but nothing is cached that they could drop.',
  'The MMU notifier, dirty logging and zapping a part of memory.',
  'Nested SVM: L2 runs on VMX only.',
  'System-management mode.',
  'Hyper-V and Xen enlightenments.',
];

const PolicyBody = z
  .strictObject({
    name: PolicyName,
    summary: z.string(),
    source: z.string(),
    costBytes: z.number().int().describe('Bytes added to `struct kvm_mmu` of v5.14.'),
    costNote: z.string(),
  })
  .meta({ id: 'Policy', description: 'A policy, and what it costs to hold.' });

const PolicyList = z
  .strictObject({ policies: z.array(PolicyBody) })
  .meta({ id: 'PolicyList', description: 'Every policy that a VM may have.' });

const Kind = z
  .strictObject({ kind: z.string(), summary: z.string() })
  .meta({ id: 'Kind', description: 'A kind of command or event.' });

const bound = z.number().int();

const ModelBody = z
  .strictObject({
    version: z.string(),
    kernels: z.array(z.enum(KERNEL_VERSIONS)),
    vendors: z.array(z.string()),
    pagings: z.array(z.string()),
    commands: z.array(Kind),
    events: z.array(Kind),
    requests: z.array(RequestName).describe('In the order in which VM-entry services them.'),
    bounds: z.strictObject({
      vms: bound,
      vcpusPerVm: bound,
      vcpus: bound,
      prevRoots: bound,
      mmuPages: bound,
      vmcsRegionsPerVm: bound,
      memoryWords: bound,
      commandsPerBatch: bound,
      bodyBytes: bound,
      requestMs: bound,
      historyRecordsPerVm: bound,
      historyRecords: bound,
      framesPerPage: bound,
      streams: bound,
      streamBufferBytes: bound,
    }),
    notModelled: z.array(z.string()),
  })
  .meta({ id: 'Model', description: 'What the model covers, what not, and every bound.' });

interface CatalogueOptions {
  readonly version: string;
  readonly limits: Limits;
}

/** `GET /v1/policies` and `GET /v1/model`: what there is, and what there is not. */
export const catalogueRoutes: FastifyPluginAsyncZod<CatalogueOptions> = async (
  app,
  { version, limits },
) => {
  const policies = Object.values(POLICIES).map(
    ({ name, summary, source, costBytes, costNote }) =>
      ({ name, summary, source, costBytes, costNote }) as z.output<typeof PolicyBody>,
  );
  const model = modelOf(version, limits);

  app.get(
    '/v1/policies',
    {
      schema: {
        operationId: 'listPolicies',
        summary: 'What an invalidation may do to the roots it covers.',
        tags: ['catalogue'],
        response: { 200: PolicyList, ...refusals() },
      },
    },
    () => ({ policies }),
  );

  app.get(
    '/v1/model',
    {
      schema: {
        operationId: 'getModel',
        summary: 'What the model covers, what it does not, and every bound.',
        tags: ['catalogue'],
        response: { 200: ModelBody, ...refusals() },
      },
    },
    () => model,
  );
};

function modelOf(version: string, limits: Limits): z.output<typeof ModelBody> {
  return {
    version,
    kernels: [...KERNEL_VERSIONS],
    vendors: ['vmx', 'svm'],
    pagings: ['shadow', 'ept'],
    commands: COMMAND_KINDS.map((kind) => ({ kind, summary: COMMAND_SUMMARIES[kind] })),
    events: MmuEvent.options.map((option) => ({
      kind: option.shape.kind.value,
      summary: option.meta()?.description ?? '',
    })),
    requests: [...RequestName.options],
    bounds: {
      vms: limits.vmsMax,
      vcpusPerVm: VCPUS_PER_VM_MAX,
      vcpus: limits.vcpusMax,
      prevRoots: PREV_ROOTS_MAX,
      mmuPages: MMU_PAGES_MAX,
      vmcsRegionsPerVm: VMCS_REGIONS_MAX,
      memoryWords: limits.memoryWordsMax,
      commandsPerBatch: COMMANDS_PER_BATCH_MAX,
      bodyBytes: limits.bodyBytesMax,
      requestMs: limits.requestMsMax,
      historyRecordsPerVm: limits.vmHistoryRecordsMax,
      historyRecords: limits.historyRecordsMax,
      framesPerPage: PAGE_FRAMES_MAX,
      streams: limits.streamsMax,
      streamBufferBytes: limits.streamBufferBytesMax,
    },
    notModelled: [...NOT_MODELLED],
  };
}
