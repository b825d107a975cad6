import type { Shrunk } from '../shrink.js';

/** A test for vitest that fails as long as the mistake shows. */
export function typescriptTest({ config, commands, failure }: Shrunk): string {
  return `${importsOf(['type Command, createLab', 'mmulab'], ['expect, test', 'vitest'])}
const COMMANDS: Command[] = ${JSON.stringify(commands, null, 2)};

test(${JSON.stringify(titleOf(failure))}, async () => {
  const lab = createLab();
  const vm = await lab.createVm(${JSON.stringify(config, null, 2).replaceAll('\n', '\n  ')});
  const results = await vm.runAll(COMMANDS);
  const kinds = results.flatMap(({ events }) => events.map(({ event }) => event.kind));
  expect(results).toHaveLength(COMMANDS.length);
  expect(kinds).not.toContain('violation');
  await lab.close();
});
`;
}

function importsOf(...imports: readonly (readonly [names: string, from: string])[]): string {
  return imports
    .map(([names, from]) => `import { ${names} } from ${JSON.stringify(from)};\n`)
    .join('');
}

/** Title of a test: what is wrong, on one line. */
export function titleOf({ kind, message }: Shrunk['failure']): string {
  return `${kind}: ${message.replace(/\s+/g, ' ')}`;
}
