import { expect, test } from 'vitest';
import { readDocument } from './document.js';
import { canRun, titled, transcriptOf, transcriptShown } from './session.js';

const FILE = 'docs/proofs-exhaustive.md';

/** Minutes of work on a machine that others use as well. */
const PATIENCE = { timeout: 3_600_000 };

test.skipIf(!canRun)(titled(`${FILE} shows what its commands print`), PATIENCE, async () => {
  const { commands } = readDocument(FILE);
  expect(await transcriptOf(commands)).toBe(transcriptShown(commands));
});
