import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { z } from 'zod';
import { EventRing, HistoryBudget, Recorder } from '../../src/journal/index.js';
import { COMMANDS as KINDS, Outcome } from '../../src/mmu/schema/index.js';
import { serializerCompiler, validatorCompiler } from '../../src/server/wire/compilers.js';
import { Digits, EventFrame, Seq, VmId } from '../../src/server/wire/frames.js';
import { Command, createVm, step, VmConfig } from '../built.js';
import { COMMANDS } from '../commands.js';

/** The rival keeps no states: a history without checkpoints. */
const NO_STATES = { bytesOf: () => 0, bytesBeyond: () => 0 };

/**
 * The least that Fastify does for a command: it checks the same body by the same schema and compilers,
 * and writes a prepared answer of the same shape and size.
 */
const app = Fastify({ logger: false });
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
for (const { kind, fields } of COMMANDS) {
  const answer = answerTo({ kind, vcpu: 0, ...fields });
  app.post(
    `/v1/vms/:vm/vcpus/:vcpu/${kind}`,
    {
      schema: {
        params: z.strictObject({ vm: VmId, vcpu: Digits }),
        querystring: z.strictObject({ dryRun: z.enum(['false', 'true']).default('false') }),
        body: KINDS[kind].body,
        response: {
          200: z.strictObject({ seq: Seq, outcome: Outcome, events: z.array(EventFrame) }),
        },
      },
    },
    () => answer,
  );
}
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = app.server.address() as AddressInfo;
process.stdout.write(`http://127.0.0.1:${port}\n`);

/** Answer of the server to the same command in the middle of a run. */
function answerTo(input: object) {
  const vm = createVm(VmConfig.parse({}));
  const recorder = new Recorder(
    'vm-1',
    new EventRing(new HistoryBudget(65_536), 65_536, NO_STATES),
  );
  const command = Command.parse(input);
  const apply = () => recorder.record(command, (emit) => step(vm, command, emit));
  for (let i = 0; i < 1000; i += 1) apply();
  return apply();
}
