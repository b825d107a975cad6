import { z } from 'zod';
import { RaceResult } from '../../lab/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { ApiError } from '../wire/errors.js';
import { VmId } from '../wire/frames.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

export const getVmRace = operation({
  id: 'getVmRace',
  takes: { params: z.strictObject({ vm: VmId }) },
  answer: RaceResult,
  run({ fleet }, { params: { vm } }) {
    const { lanes, ring } = fleet.get(vm);
    if (lanes !== null) return lanes.result(vm, ring.head);
    throw new ApiError(
      'race-not-found',
      `Cannot read the race of VM "${vm}": it was created without lanes`,
    );
  },
});

/** `GET /v1/vms/:vm/race`: standing of the lanes beside a VM. */
export const vmRaceRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/race',
    {
      schema: {
        operationId: getVmRace.id,
        summary: 'Compare a VM with the lanes beside it, up to now.',
        description: 'Only a VM that was created with `lanes` has a race.',
        tags: ['races'],
        ...getVmRace.takes,
        response: { 200: RaceResult, ...refusals('vm-not-found', 'race-not-found', 'race-ended') },
      },
    },
    (request) => getVmRace.run(host, request),
  );
};
