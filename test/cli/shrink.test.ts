import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fileWith } from './program.js';
import { run } from './run.js';

test('mmulab shrink cuts a case of the museum to one that shows the same, in every form', async () => {
  const scene = await run(['museum', '--case-of', 'pcide-keeps-roots']);
  const file = fileWith(scene.stdout);
  const { code, stdout, stderr } = await run(['shrink', file]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^11 commands cut to 9 in \d+ tries\. violation at command 8: /);
  const again = await run(['shrink', '-'], { input: stdout });
  expect(again.stderr).toMatch(/^9 commands cut to 9 in /);

  const of = async (form: string) => (await run(['shrink', file, '--as', form])).stdout;
  execFileSync('sh', ['-n', '-c', await of('curl')]);
  expect(await of('typescript')).toContain('from "mmulab"');
  expect(await of('python')).toContain('class Shrunk(unittest.TestCase):');
  expect(await of('kvm-unit-tests')).toContain('\treturn report_summary();\n}\n');
});

test('a case without a mistake is said so, with status 1', async () => {
  const fine = {
    format: 'mmulab-case',
    formatVersion: 1,
    mmulab: '0',
    config: {},
    commands: [{ kind: 'enter', vcpu: 0 }],
  };
  const digest = `sha256:${'0'.repeat(64)}`;
  const file = fileWith(JSON.stringify({ ...fine, expected: { state: digest, events: digest } }));
  const { code, stderr } = await run(['shrink', file]);
  expect([code, stderr]).toEqual([1, `${file}: its 1 commands show no mistake that is meant\n`]);
  const refused = await run(['shrink', file, '--kind', 'disagreement']);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    'Cannot shrink: a disagreement needs --against, the policy to agree with\n',
  ]);
});
