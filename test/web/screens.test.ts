import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const files = readdirSync(`${ROOT}docs/screens`);

/** Bytes of a picture at most: the repository keeps every version. */
const BYTES_MAX = 200_000;

test('pictures of the pages are small, and each is shown by a document', () => {
  expect(files.length).toBeGreaterThan(0);
  const documents = ['README.md', 'docs/control-room.md'].map((name) =>
    readFileSync(ROOT + name, 'utf8'),
  );
  for (const file of files) {
    expect(statSync(`${ROOT}docs/screens/${file}`).size, file).toBeLessThan(BYTES_MAX);
    expect(
      documents.some((text) => text.includes(`screens/${file}`)),
      file,
    ).toBe(true);
  }
});
