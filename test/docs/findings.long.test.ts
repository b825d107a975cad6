import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../cli/program.js';
import { readDocument } from './document.js';
import { canRun, titled, transcriptOf, transcriptShown } from './session.js';

const FILE = 'docs/findings.md';

/** Minutes of work on a machine that others use as well. */
const PATIENCE = { timeout: 900_000 };

test.skipIf(!canRun)(titled(`${FILE} shows what its commands print`), PATIENCE, async () => {
  const { commands } = readDocument(FILE);
  expect(await transcriptOf(commands)).toBe(transcriptShown(commands));
});

/** What the sentences say is what the tables say: each percentage of the summary is printed below. */
test(`every percentage in the summary of ${FILE} stands in its tables`, () => {
  const text = readFileSync(join(ROOT, FILE), 'utf8');
  const [, summary = '', tables = ''] = text.split(/^## In short$|^## Where it pays.*$/m);
  const figures = [...summary.matchAll(/(\d+\.\d)(?= (?:%|to|and))/g)].map(([figure]) => figure);
  expect(figures.length).toBeGreaterThan(6);
  expect(figures.filter((figure) => !tables.includes(figure))).toEqual([]);
});
