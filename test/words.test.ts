import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const FOLDERS = ['src', 'web', 'bench', 'stress', 'scripts', 'conformance/judge'];

/** Beginning of a doc comment that has lost its noun: a relative clause, or a bare pronoun. */
const RIDDLE = /\/\*\*(?:\n\s*\*)? (?:What|Who|Whoever|Whatever|Which|Those|All that|How|It) .*/g;

test('a doc comment begins with a noun or a verb', () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  expect(files.length).toBeGreaterThan(200);
  const riddles = files.flatMap((file) =>
    [...readFileSync(`${ROOT}${file}`, 'utf8').matchAll(RIDDLE)].map(
      ([text]) => `${file}: ${text}`,
    ),
  );
  expect(riddles).toEqual([]);
});
