import { z } from 'zod';
import { commandsOf, type Exhibit, HALLS, JUDGES, type Lifetime, MUSEUM } from '../../lab/index.js';
import { Command, VmConfig } from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { ApiError } from '../wire/errors.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const LifetimeBody = z
  .strictObject({
    first: z.string(),
    last: z.string().nullable().describe('Of mainline; null: it is there to this day.'),
    lastOf: z.record(z.string(), z.string()).optional().describe('Of stable series.'),
    repair: z.string().nullable().describe('Commit.'),
    seenOn: z.array(z.string()).optional(),
  })
  .meta({ id: 'Lifetime', description: 'Releases of Linux that have a mistake.' });

const ExhibitBody = z
  .strictObject({
    name: z.string(),
    hall: z.enum(HALLS).describe('`hole`: of mainline. `trap`: of a policy.'),
    title: z.string(),
    source: z.string().describe('Commit that fixed it, mail that proposed it, or `mutant`.'),
    what: z.string().describe('The mistake.'),
    lifetime: LifetimeBody.nullable().describe('Null: no release ever had it.'),
    where: z.string().describe('Function of the mistake.'),
    judge: z
      .enum(JUDGES)
      .describe(
        'The judge that catches it: except for `oracle`, the guest sees no wrong translation.',
      ),
  })
  .meta({ id: 'Exhibit', description: 'A bug that KVM had, a proposal as mailed, or a mutant.' });

const MuseumBody = z
  .strictObject({ exhibits: z.array(ExhibitBody) })
  .meta({ id: 'Museum', description: 'Mistakes of KVM, real or possible.' });

const SceneBody = z
  .strictObject({
    exhibit: ExhibitBody,
    config: VmConfig.describe('Configuration with the mistake.'),
    soundConfig: VmConfig.describe('Configuration without it: no judge objects.'),
    commands: z.array(Command),
    stageCommands: z
      .number()
      .int()
      .min(0)
      .describe('Number of commands that only prepare the machine.'),
  })
  .meta({ id: 'Scene', description: 'The commands that show a mistake.' });

const NAME_MAX = 64;
const tags = ['catalogue'];

export const listExhibits = operation({
  id: 'listExhibits',
  takes: {},
  answer: MuseumBody,
  run: () => ({ exhibits: MUSEUM.map(bodyOf) }),
});

export const getScene = operation({
  id: 'getScene',
  takes: { params: z.strictObject({ exhibit: z.string().min(1).max(NAME_MAX) }) },
  answer: SceneBody,
  run: (_host, { params }) => sceneOf(params.exhibit),
});

/** `GET /v1/museum` and `GET /v1/museum/:exhibit`: mistakes, and what catches them. */
export const museumRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/museum',
    {
      schema: {
        operationId: listExhibits.id,
        summary: 'List the bugs, proposals and mutants that a VM can be given.',
        description: 'A name of the halls `bug` and `mutant` is a value of `defects` of a VM.',
        tags,
        ...listExhibits.takes,
        response: { 200: MuseumBody, ...refusals() },
      },
    },
    (request) => listExhibits.run(host, request),
  );

  app.get(
    '/v1/museum/:exhibit',
    {
      schema: {
        operationId: getScene.id,
        summary: 'Read the scene of an exhibit: commands that show the mistake.',
        description: 'Holds the configuration with the mistake, and the same one without it.',
        tags,
        ...getScene.takes,
        response: { 200: SceneBody, ...refusals('exhibit-not-found') },
      },
    },
    (request) => getScene.run(host, request),
  );
};

function bodyOf({ name, hall, title, source, what, lifetime, where, judge }: Exhibit) {
  return {
    name,
    hall,
    title,
    source,
    what,
    lifetime: lifetime && bodyOfLifetime(lifetime),
    where,
    judge,
  };
}

/** The catalogue's lists cannot be changed; those of an answer could. */
function bodyOfLifetime({ first, last, lastOf, repair, seenOn }: Lifetime) {
  return {
    ...{ first, last, repair },
    ...(lastOf === undefined ? {} : { lastOf: { ...lastOf } }),
    ...(seenOn === undefined ? {} : { seenOn: [...seenOn] }),
  };
}

function sceneOf(name: string): z.output<typeof SceneBody> {
  const exhibit = MUSEUM.find((one) => one.name === name);
  if (exhibit === undefined) {
    throw new ApiError('exhibit-not-found', `Cannot show "${name}": no exhibit has that name`);
  }
  const { scene, amiss, sound } = exhibit;
  return {
    exhibit: bodyOf(exhibit),
    config: VmConfig.parse({ ...scene.config, ...amiss }),
    soundConfig: VmConfig.parse({ ...scene.config, ...sound }),
    commands: commandsOf(scene).map((command) => Command.parse(command)),
    stageCommands: scene.stage.length,
  };
}
