import { z } from 'zod';
import { type CoverageRow, coverageFigures, coverageRows, Triple } from '../../lab/index.js';
import { Command } from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { disconnectOf } from '../http/disconnect.js';
import { ReachedBody, reachedBodyOf } from '../jobs/coverage-job.js';
import type { CoverageOfVm } from '../jobs/coverages.js';
import { JOB_STATES } from '../jobs/job.js';
import { JobId } from '../jobs/job-body.js';
import { BOUNDS } from '../wire/bounds.js';
import { Digits, Seq, VmId } from '../wire/frames.js';
import { Problem } from '../wire/problem.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const count = z.number().int().min(0);

const CoveredTriple = Triple.safeExtend({
  times: count.describe('Commands of the VM that were of it; 0 if it was missed.'),
  first: Seq.nullable().describe('The first of them; null if there is none.'),
  way: z
    .array(Command)
    .nullable()
    .describe(
      'A shortest way to it on a new VM, behind `machine.stage`: the last command is that of the ' +
        'triple. Null if the search has not come to it.',
    ),
}).meta({ id: 'CoveredTriple', description: 'A command in a class of states, and its outcome.' });

const CoverageSearch = z
  .strictObject({
    job: JobId,
    state: z.enum(JOB_STATES),
    reached: ReachedBody.nullable().describe('Null until it is done.'),
    problem: Problem.nullable().describe('Cause of its failure; null unless it failed.'),
  })
  .meta({ id: 'CoverageSearch', description: 'The job that looks for all triples.' });

const ShownMachine = z
  .strictObject({
    stage: z.array(Command).describe('Commands that lead to the first state.'),
    alphabet: z.array(Command).describe('Commands that may befall every state.'),
    leftOut: count.describe('Commands that ran and have no place in the alphabet.'),
  })
  .meta({ id: 'ShownMachine', description: 'The machine that the history of a VM shows.' });

const Coverage = z
  .strictObject({
    seq: Seq.describe('Counting came so far; if that is not the newest, ask again.'),
    commands: count.describe('Commands that were counted.'),
    exercised: count.describe('Triples that happened.'),
    reachable: count.nullable().describe('Triples that the search found; null until it is done.'),
    missed: count.nullable().describe('Triples that it found and that did not happen.'),
    leftOut: count.describe('Commands of triples beyond the bound, which are not told apart.'),
    machine: ShownMachine,
    search: CoverageSearch,
    triples: z.array(CoveredTriple).describe('Shortest ways come first.'),
    next: z.string().nullable().describe('`cursor` of the next part; null if this is the last.'),
  })
  .meta({ id: 'Coverage', description: 'What a VM has run, of what its machine can come to.' });

const CoverageQuery = z.strictObject({
  only: z.enum(['exercised', 'missed']).optional().describe('By default all triples.'),
  states: Digits.pipe(z.number().min(1).max(100_000))
    .default(5000)
    .describe('States that the search sees, at most.'),
  depth: Digits.pipe(z.number().min(1).max(1_000_000))
    .default(1000)
    .describe('Commands from the first state, at most.'),
  waitMs: Digits.pipe(z.number().max(BOUNDS.waitMs.value))
    .default(0)
    .describe('Milliseconds to wait for the end of the search.'),
  cursor: Digits.default(0).describe('`next` of the part before.'),
  limit: Digits.pipe(z.number().min(1).max(BOUNDS.triplesPerPage.value)).default(100),
});

const OF_LINEAGE = ['vm-not-found', 'beginning-unknown', 'events-expired'] as const;
const NEVER = new AbortController().signal;

export const getCoverage = operation({
  id: 'getCoverage',
  takes: { params: z.strictObject({ vm: VmId }), querystring: CoverageQuery },
  answer: Coverage,
  async run({ fleet, coverages, jobs }, { params: { vm }, query }, signal = NEVER) {
    await fleet.sleeping.wakeFamily(vm);
    const { states, depth, waitMs } = query;
    const found = await coverages.of(fleet.get(vm), { states, depth });
    await jobs.settled(found.job, waitMs, signal);
    return coverageBodyOf(found, query);
  },
});

/** `GET /v1/vms/:vm/coverage`: what a VM has run, of what its machine can come to. */
export const coverageRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/coverage',
    {
      schema: {
        operationId: getCoverage.id,
        summary: 'Hold what a VM has run against all that its machine can come to.',
        description:
          'A triple is a class of states, a command and its outcome. The first look starts a job ' +
          'that searches for all of them; VMs whose machines are alike share it as long as it is ' +
          'kept. See docs/harness.md.',
        tags: ['time'],
        ...getCoverage.takes,
        response: {
          200: Coverage,
          ...refusals(...OF_LINEAGE, 'job-limit-reached', 'wait-limit-reached'),
        },
      },
    },
    (request, reply) => getCoverage.run(host, request, disconnectOf(reply.raw)),
  );
};

function coverageBodyOf(
  { exercised: { tally, commands, seq }, machine, job }: CoverageOfVm,
  { only, cursor, limit }: z.output<typeof CoverageQuery>,
): z.output<typeof Coverage> {
  const { id, state, problem, result } = job;
  const rows = coverageRows(tally.happened, result);
  const asked =
    only === undefined ? rows : rows.filter((row) => isMissed(row) === (only === 'missed'));
  const end = cursor + limit;
  return {
    ...{ seq, commands, ...coverageFigures(rows, result), leftOut: tally.leftOut },
    machine: { ...machine, stage: [...machine.stage], alphabet: [...machine.alphabet] },
    search: { job: id, state, reached: result && reachedBodyOf(result), problem },
    triples: asked.slice(cursor, end).map(({ way, ...row }) => ({
      ...row,
      way: way === null ? null : way.map((index) => machine.alphabet[index] as Command),
    })),
    next: end < asked.length ? String(end) : null,
  };
}

function isMissed({ times }: CoverageRow): boolean {
  return times === 0;
}
