import type { Shrunk } from '../shrink.js';
import { configsOf, titleOf } from './title.js';

/** A test for vitest that fails as long as the mistake shows. */
export function typescriptTest(found: Shrunk): string {
  const { commands, failure, against } = found;
  const [config, other] = configsOf(found);
  const body =
    against === null
      ? `  const results = await runOn(${literal(config)});
  const kinds = results.flatMap(({ events = [] }) => events.map(({ event }) => event.kind));
  expect(results).toHaveLength(COMMANDS.length);
  expect(kinds).not.toContain('violation');`
      : `  const outcomesOn = async (config: VmCreation) =>
    (await runOn(config)).map(({ outcome }) => outcome);
  expect(await outcomesOn(${literal(config)})).toEqual(
    await outcomesOn(${literal(other)}),
  );`;
  return `${importsOf(['type Command, createLab, type VmCreation', 'mmulab'], ['expect, test', 'vitest'])}
const COMMANDS: Command[] = ${JSON.stringify(commands, null, 2)};

async function runOn(config: VmCreation) {
  const lab = createLab();
  try {
    const vm = await lab.createVm(config);
    return await vm.runAll(COMMANDS, { events: true });
  } finally {
    await lab.close();
  }
}

test(${JSON.stringify(titleOf(failure))}, async () => {
${body}
});
`;
}

function literal(config: Shrunk['config'] | undefined): string {
  return JSON.stringify(config, null, 2).replaceAll('\n', '\n  ');
}

function importsOf(...imports: readonly (readonly [names: string, from: string])[]): string {
  return imports
    .map(([names, from]) => `import { ${names} } from ${JSON.stringify(from)};\n`)
    .join('');
}
