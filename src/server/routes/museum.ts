import { z } from 'zod';
import { commandsOf, type Exhibit, JUDGES, MUSEUM } from '../../lab/index.js';
import { Command, VmConfig } from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { ApiError } from '../wire/errors.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const ExhibitBody = z
  .strictObject({
    name: z.string(),
    title: z.string(),
    source: z.string().describe('Commit that mended it, mail that proposed it, or `mutant`.'),
    what: z.string().describe('What is done wrong.'),
    where: z.string().describe('Function in which it was, or would be.'),
    judge: z
      .enum(JUDGES)
      .describe('Who catches it: for all but `oracle` the guest sees no wrong translation.'),
  })
  .meta({ id: 'Exhibit', description: 'A bug that KVM had, a proposal as mailed, or a mutant.' });

const MuseumBody = z
  .strictObject({ exhibits: z.array(ExhibitBody) })
  .meta({ id: 'Museum', description: 'Ways in which KVM went wrong, or could.' });

const SceneBody = z
  .strictObject({
    exhibit: ExhibitBody,
    config: VmConfig.describe('With the mistake.'),
    soundConfig: VmConfig.describe('Without it: then no judge has anything to say.'),
    commands: z.array(Command),
    stageCommands: z.number().int().min(0).describe('How many of them only set the stage.'),
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
        summary: 'Read the commands that show one of them, with the machine that they run on.',
        tags,
        ...getScene.takes,
        response: { 200: SceneBody, ...refusals('exhibit-not-found') },
      },
    },
    (request) => getScene.run(host, request),
  );
};

function bodyOf({ name, title, source, what, where, judge }: Exhibit) {
  return { name, title, source, what, where, judge };
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
