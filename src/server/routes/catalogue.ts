import { z } from 'zod';
import {
  KERNEL_RELEASES,
  KERNEL_SUMMARIES,
  KERNEL_VERSIONS,
  POLICIES,
  releaseOf,
} from '../../mmu/index.js';
import {
  COMMAND_KINDS,
  COMMANDS,
  EVENT_SEVERITY,
  MmuEvent,
  PolicyName,
  RequestName,
  Severity,
} from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import type { Limits } from '../wire/bounds.js';
import { Bounds, boundsOf } from '../wire/bounds-body.js';
import { refusals } from '../wire/refusals.js';
import { VERSION } from '../wire/version.js';
import { NOT_MODELLED } from './not-modelled.js';
import type { TypedPlugin } from './typed-plugin.js';

const PolicyBody = z
  .strictObject({
    name: PolicyName,
    summary: z.string(),
    source: z.string(),
    costBytes: z.number().int().describe('Bytes added to `struct kvm_mmu` of v5.14.'),
    costNote: z.string(),
    isSound: z.boolean().describe('Whether it never lets a guest use a stale translation.'),
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

const Release = z
  .strictObject({
    release: z.enum(KERNEL_RELEASES),
    series: z.enum(KERNEL_VERSIONS).nullable().describe('The series that stands for it.'),
    summary: z.string().describe('Changes of the release.'),
  })
  .meta({ id: 'Release', description: 'A release of Linux whose rules a VM may have.' });

const ModelBody = z
  .strictObject({
    version: z.string(),
    kernels: z.array(z.enum(KERNEL_VERSIONS)).describe('Series; each stands for a release.'),
    releases: z.array(Release),
    vendors: z.array(z.string()),
    pagings: z.array(z.string()),
    commands: z.array(Kind),
    events: z.array(EventKind),
    requests: z.array(RequestName).describe('In the order in which VM-entry services them.'),
    bounds: Bounds,
    notModelled: z.array(z.string()),
  })
  .meta({ id: 'Model', description: 'Contents and limits of the model.' });

export const listPolicies = operation({
  id: 'listPolicies',
  takes: {},
  answer: PolicyList,
  run: () => ({
    policies: Object.values(POLICIES).map(
      ({ name, summary, source, costBytes, costNote, isSound }) =>
        ({ name, summary, source, costBytes, costNote, isSound }) as z.output<typeof PolicyBody>,
    ),
  }),
});

export const getModel = operation({
  id: 'getModel',
  takes: {},
  answer: ModelBody,
  run: ({ fleet }) => modelOf(VERSION, fleet.limits),
});

/** `GET /v1/policies` and `GET /v1/model`: contents and limits of the model. */
export const catalogueRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/policies',
    {
      schema: {
        operationId: listPolicies.id,
        summary: 'List the policies for the root cache.',
        description:
          'A policy decides whether an invalidation keeps, frees or marks a cached root.',
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
        operationId: getModel.id,
        summary: 'Describe the model: kernels, commands, events and bounds.',
        description: 'Also lists the parts of a machine that are not modelled.',
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
    releases: KERNEL_RELEASES.map((release) => ({
      release,
      series: KERNEL_VERSIONS.find((version) => releaseOf(version) === release) ?? null,
      summary: KERNEL_SUMMARIES[release],
    })),
    vendors: ['vmx', 'svm'],
    pagings: ['shadow', 'ept'],
    commands: COMMAND_KINDS.map((kind) => ({ kind, summary: COMMANDS[kind].summary })),
    events: MmuEvent.options.map((option) => ({
      kind: option.shape.kind.value,
      summary: option.meta()?.description ?? '',
      severity: EVENT_SEVERITY[option.shape.kind.value],
    })),
    requests: [...RequestName.options],
    bounds: boundsOf(limits),
    notModelled: [...NOT_MODELLED],
  };
}
