import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../cli/program.js';

const ROW = /^\| (\S[^|]*) \| ([^|]+\.) \| ([^|]+) \| `([^`|]+)` \|$/;

const lines = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8').trimEnd().split('\n');
const rows = lines.slice(lines.indexOf('|---|---|---|---|') + 1);
const entries = rows.map((line) => {
  const [, term = '', meaning = '', source = '', file = ''] = ROW.exec(line) ?? [];
  return { line, term, meaning, source, file };
});

test('a row of the glossary has a term, a meaning in sentences, a source and a file', () => {
  expect(entries.length).toBeGreaterThan(0);
  expect(entries.filter(({ term }) => term === '').map(({ line }) => line)).toEqual([]);
});

test('the file that owns a term exists', () => {
  expect(entries.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('terms are sorted, and none comes twice', () => {
  const terms = entries.map(({ term }) => term.toLowerCase());
  expect(terms).toEqual([...new Set(terms)].sort());
});

test('a source is the kernel, the manual, a mail, or mmulab itself', () => {
  const known = /^(?:mmulab$|Linux |SDM Vol\. |The RFC |The mails )/;
  expect(entries.filter(({ source }) => !known.test(source))).toEqual([]);
});
