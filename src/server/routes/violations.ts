import { z } from 'zod';
import { KeptViolation } from '../fleet/found-violations.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { RuleBroken, VmId } from '../wire/frames.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const ViolationList = z
  .strictObject({
    rules: z.array(RuleBroken),
    kept: z.array(KeptViolation).describe('The first four of each rule, in the order of `seq`.'),
  })
  .meta({ id: 'ViolationList', description: 'The violations of a VM, which outlive its history.' });

export const listViolations = operation({
  id: 'listViolations',
  takes: { params: z.strictObject({ vm: VmId }) },
  answer: ViolationList,
  run({ fleet }, { params: { vm } }) {
    const { violations } = fleet.get(vm);
    return { rules: violations.rules, kept: [...violations.kept] };
  },
});

/** `GET /v1/vms/:vm/violations`: the violations of a VM, with the frames around the first ones. */
export const violationRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/violations',
    {
      schema: {
        operationId: listViolations.id,
        summary: 'Read the violations of a VM: how many, where, and the first with their frames.',
        description: 'They are kept as long as the VM, whatever its history forgets.',
        tags: ['events'],
        ...listViolations.takes,
        response: { 200: ViolationList, ...refusals('vm-not-found') },
      },
    },
    (request) => listViolations.run(host, request),
  );
};
