import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../cli/program.js';
import { DOCUMENTS, readDocument } from './document.js';
import { canRun, titled, transcriptOf, transcriptShown } from './session.js';

/** Documents with minutes of work have a test of their own. */
const LONG = ['docs/findings.md', 'docs/proofs-exhaustive.md'];

const documents = DOCUMENTS.map((name) => ({ name, ...readDocument(name) }));

describe.skipIf(!canRun)(titled('what a document shows is what happens'), () => {
  const quick = documents.filter(
    ({ name, commands }) => commands.length > 0 && !LONG.includes(name),
  );
  test.each(quick)('$name', { timeout: 600_000 }, async ({ commands }) => {
    expect(await transcriptOf(commands)).toBe(transcriptShown(commands));
  });
});

test('every command stands in a block of commands', () => {
  expect(documents.filter(({ breaches }) => breaches.length > 0)).toEqual([]);
});

test('every script that a document names is in package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const missing = documents.flatMap(({ name, scripts: named }) =>
    named.filter((script) => !(script in scripts)).map((script) => `${name}: ${script}`),
  );
  expect(missing).toEqual([]);
});

test('a block that does not run says why', () => {
  expect(documents.flatMap(({ name, notRun }) => notRun.map((why) => `${name}: ${why}`))).toEqual([
    'README.md: CI runs npm ci and npm test, and the other commands here run on what npm start starts',
    'README.md: it needs Docker',
    'docs/harness.md: vitest and pytest are not on every machine; test/examples runs both',
    'docs/operations.md: others could reach these servers; test/cli/commands.test.ts starts servers with tokens on loopback',
    'docs/operations.md: it needs another machine; test/server/edge.test.ts sends tokens',
    'docs/operations.md: it needs Docker',
    'docs/operations.md: they take minutes; test/server/fuzz.test.ts and test/server/soak.test.ts run short ones',
    'docs/test-suites.md: it builds, and npm asks the registry for dependencies; test/examples packs and installs without either',
    'docs/test-suites.md: not every machine has Python; test/examples/pytest.test.ts runs it where there is one',
  ]);
});
