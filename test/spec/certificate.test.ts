import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CERTIFICATE } from '../../src/lab/index.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));

test('the certificate is of the specification as it stands', () => {
  const now = CERTIFICATE.specification.map(({ file }) => {
    const sha256 = createHash('sha256')
      .update(read(`spec/${file}`))
      .digest('hex');
    return { file, sha256 };
  });
  expect(CERTIFICATE.specification).toEqual(now);
});

test('the table of the proofs is that of the certificate', () => {
  const rows = CERTIFICATE.machines.map(({ policy, slots, spaces, states, edges, digest }) => {
    const machine = `${policy}, ${slots} ${slots === 1 ? 'slot' : 'slots'}, ${spaces} spaces`;
    return `| ${machine} | ${states} | ${edges} | \`${digest}\` |`;
  });
  const lines = String(read('docs/proofs.md')).split('\n');
  const begin = lines.indexOf(rows[0] ?? '');
  expect(lines.slice(begin, begin + rows.length + 1)).toEqual([...rows, '']);
});
