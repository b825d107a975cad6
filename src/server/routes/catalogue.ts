import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  DEFECTS_MAX,
  KERNEL_VERSIONS,
  MEMORY_PAGES_MAX,
  POLICIES,
  VMCS_REGIONS_MAX,
} from '../../mmu/index.js';
import {
  COMMAND_KINDS,
  COMMAND_SUMMARIES,
  EVENT_SEVERITY,
  MAP_PAGES_MAX,
  MEMSLOTS_MAX,
  MMU_PAGES_MAX,
  MmuEvent,
  PolicyName,
  PREV_ROOTS_MAX,
  RequestName,
  Severity,
  TLB_ENTRIES_MAX,
  VCPUS_PER_VM_MAX,
} from '../../mmu/schema/index.js';
import { PAGE_FRAMES_MAX } from '../frames.js';
import type { Host } from '../host.js';
import {
  CASE_COMMANDS_MAX,
  CHECKS_MAX,
  COMMAND_LINE_BYTES_MAX,
  COMMANDS_PER_BATCH_MAX,
  COMMANDS_TRIED_MAX,
  DIFFERENCES_MAX,
  EXPECTATIONS_MAX,
  LIFE_RECORDS_MAX,
  type Limits,
  MEMORY_BYTES_MAX,
  PAGE_SHADOW_PAGES_MAX,
  PAGE_TLB_ENTRIES_MAX,
  SNAPSHOTS_PER_VM_MAX,
  TAGS_PER_VM_MAX,
  TTL_SECONDS_MAX,
  WAIT_MS_MAX,
  WORKLOAD_COMMANDS_MAX,
} from '../limits.js';
import { NOT_MODELLED } from '../not-modelled.js';
import { operation } from '../operation.js';
import { refusals } from '../problem.js';
import { VERSION } from '../version.js';

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
  .meta({ id: 'Kind', description: 'A kind of command.' });

const EventKind = z
  .strictObject({ kind: z.string(), summary: z.string(), severity: Severity })
  .meta({ id: 'EventKind', description: 'A kind of event, and how much it matters.' });

const bound = z.number().int();

const ModelBody = z
  .strictObject({
    version: z.string(),
    kernels: z.array(z.enum(KERNEL_VERSIONS)),
    vendors: z.array(z.string()),
    pagings: z.array(z.string()),
    commands: z.array(Kind),
    events: z.array(EventKind),
    requests: z.array(RequestName).describe('In the order in which VM-entry services them.'),
    bounds: z.strictObject({
      vms: bound,
      vcpusPerVm: bound,
      vcpus: bound,
      prevRoots: bound,
      defectsPerVm: bound,
      mmuPages: bound,
      vmcsRegionsPerVm: bound,
      tlbEntries: bound,
      memslots: bound,
      memoryPagesPerVm: bound,
      memoryPages: bound,
      pagesPerMap: bound,
      commandsPerBatch: bound,
      bodyBytes: bound,
      requestMs: bound,
      historyRecordsPerVm: bound,
      historyRecords: bound,
      snapshotsPerVm: bound,
      snapshotBytes: bound,
      commandsPerCase: bound,
      commandsPerWorkload: bound,
      differencesPerPage: bound,
      framesPerPage: bound,
      shadowPagesPerPage: bound,
      tlbEntriesPerPage: bound,
      memoryBytesPerPage: bound,
      streams: bound,
      streamBufferBytes: bound,
      fleetStreams: bound,
      lifeRecords: bound,
      waits: bound,
      waitMs: bound,
      expectations: bound,
      checks: bound,
      vmsPerTag: bound,
      tagsPerVm: bound,
      ttlSeconds: bound,
      commandsTried: bound,
      commandLineBytes: bound,
      idempotencyKeys: bound,
      idempotencyBytes: bound,
      idempotencyAnswerBytes: bound,
      idempotencyMs: bound,
      clientRequestsPerSecond: bound.nullable(),
      eventLoopDelayMs: bound,
      heapBytes: bound,
    }),
    notModelled: z.array(z.string()),
  })
  .meta({ id: 'Model', description: 'What the model covers, what not, and every bound.' });

export const listPolicies = operation({
  takes: {},
  answer: PolicyList,
  run: () => ({
    policies: Object.values(POLICIES).map(
      ({ name, summary, source, costBytes, costNote }) =>
        ({ name, summary, source, costBytes, costNote }) as z.output<typeof PolicyBody>,
    ),
  }),
});

export const getModel = operation({
  takes: {},
  answer: ModelBody,
  run: ({ fleet }) => modelOf(VERSION, fleet.limits),
});

/** `GET /v1/policies` and `GET /v1/model`: what there is, and what there is not. */
export const catalogueRoutes: FastifyPluginAsyncZod<{ host: Host }> = async (app, { host }) => {
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
    (request) => listPolicies.run(host, request),
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
    (request) => getModel.run(host, request),
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
      severity: EVENT_SEVERITY[option.shape.kind.value],
    })),
    requests: [...RequestName.options],
    bounds: {
      vms: limits.vmsMax,
      vcpusPerVm: VCPUS_PER_VM_MAX,
      vcpus: limits.vcpusMax,
      prevRoots: PREV_ROOTS_MAX,
      defectsPerVm: DEFECTS_MAX,
      mmuPages: MMU_PAGES_MAX,
      vmcsRegionsPerVm: VMCS_REGIONS_MAX,
      tlbEntries: TLB_ENTRIES_MAX,
      memslots: MEMSLOTS_MAX,
      memoryPagesPerVm: MEMORY_PAGES_MAX,
      memoryPages: limits.memoryPagesMax,
      pagesPerMap: MAP_PAGES_MAX,
      commandsPerBatch: COMMANDS_PER_BATCH_MAX,
      bodyBytes: limits.bodyBytesMax,
      requestMs: limits.requestMsMax,
      historyRecordsPerVm: limits.vmHistoryRecordsMax,
      historyRecords: limits.historyRecordsMax,
      snapshotsPerVm: SNAPSHOTS_PER_VM_MAX,
      snapshotBytes: limits.snapshotBytesMax,
      commandsPerCase: CASE_COMMANDS_MAX,
      commandsPerWorkload: WORKLOAD_COMMANDS_MAX,
      differencesPerPage: DIFFERENCES_MAX,
      framesPerPage: PAGE_FRAMES_MAX,
      shadowPagesPerPage: PAGE_SHADOW_PAGES_MAX,
      tlbEntriesPerPage: PAGE_TLB_ENTRIES_MAX,
      memoryBytesPerPage: MEMORY_BYTES_MAX,
      streams: limits.streamsMax,
      streamBufferBytes: limits.streamBufferBytesMax,
      fleetStreams: limits.fleetStreamsMax,
      lifeRecords: LIFE_RECORDS_MAX,
      waits: limits.waitsMax,
      waitMs: WAIT_MS_MAX,
      expectations: EXPECTATIONS_MAX,
      checks: CHECKS_MAX,
      vmsPerTag: limits.vmsPerTagMax,
      tagsPerVm: TAGS_PER_VM_MAX,
      ttlSeconds: TTL_SECONDS_MAX,
      commandsTried: COMMANDS_TRIED_MAX,
      commandLineBytes: COMMAND_LINE_BYTES_MAX,
      idempotencyKeys: limits.idempotencyKeysMax,
      idempotencyBytes: limits.idempotencyBytesMax,
      idempotencyAnswerBytes: limits.idempotencyAnswerBytesMax,
      idempotencyMs: limits.idempotencyMs,
      clientRequestsPerSecond: limits.clientRequestsPerSecondMax,
      eventLoopDelayMs: limits.eventLoopDelayMsMax,
      heapBytes: limits.heapBytesMax,
    },
    notModelled: [...NOT_MODELLED],
  };
}
