import { z } from 'zod';
import { type Parameter, SEEDS, type Workload, type WorkloadValues } from '../../lab/index.js';
import { KernelName, PolicyName, VmConfig } from '../../mmu/schema/index.js';
import { Digits } from './frames.js';

/** Request for the commands of a workload, and the VM that they are for. */
export interface WorkloadQuery {
  readonly seed: number;
  readonly policy: z.output<typeof PolicyName>;
  readonly kernel: KernelName;
  readonly values: WorkloadValues;
}

/** A flag as text: in a query, or after `--set`. */
const FlagText = z.codec(z.enum(['false', 'true']), z.boolean(), {
  decode: (text) => text === 'true',
  encode: (flag) => (flag ? 'true' : 'false'),
});

/**
 * Schema of a request for a workload, as text: its parameters by name, the seed, and the policy and
 * the kernel to run under.
 *
 * @param commandsMax Upper bound of `commands`.
 */
export function workloadQueryOf({ parameters }: Workload, commandsMax: number) {
  const { commands, ...others } = parameters;
  const values = Object.entries(others).map(([name, spec]) => [name, textOf(spec)] as const);
  return z
    .strictObject({
      seed: Digits.pipe(z.number().max(SEEDS - 1))
        .default(1)
        .describe('The same seed gives the same commands.'),
      commands: textOf({ ...commands, max: commandsMax }),
      policy: PolicyName.default('mainline'),
      kernel: KernelName.default('6.1'),
      ...Object.fromEntries(values),
    })
    .transform(
      ({ seed, policy, kernel, ...rest }): WorkloadQuery => ({
        ...{ seed, policy, kernel },
        values: rest as WorkloadValues,
      }),
    );
}

/** Configuration of the VM that a workload is for, under the requested policy and kernel. */
export function configFor(
  workload: Workload,
  { policy, kernel, values }: WorkloadQuery,
): z.output<typeof VmConfig> {
  return VmConfig.parse({ ...workload.configOf(values), policy, kernel });
}

function textOf(spec: Parameter): z.ZodType<number | boolean> {
  switch (spec.kind) {
    case 'count':
      return Digits.pipe(z.number().min(spec.min).max(spec.max))
        .default(spec.default)
        .describe(spec.summary);
    case 'flag':
      return FlagText.default(spec.default).describe(spec.summary);
  }
}
