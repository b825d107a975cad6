import { expect, test } from 'vitest';
import { run } from './run.js';

test('makes a graph of the certificate again', async () => {
  const only = ['--only', 'never-cache:1:2'];
  expect(await run(['certify', ...only])).toEqual({
    code: 0,
    stderr: '',
    stdout: [
      'machine          states  edges  digest            certified',
      'never-cache:1:2      63    630  0a01910284820fff  the same',
      '1 of 1 graphs are those that Spin 6.5.2 and Rumur 2022.08.20 found',
      '',
    ].join('\n'),
  });
  const { mmulab, machines } = JSON.parse((await run(['certify', ...only, '--json'])).stdout);
  const graph = { states: 63, edges: 630, digest: '0a01910284820fff' };
  const machine = { policy: 'never-cache', slots: 1, spaces: 2 };
  expect(mmulab).toMatch(/^\d/);
  expect(machines).toEqual([{ ...machine, ...graph, found: graph, same: true }]);
});

test('prints the edges of a machine', async () => {
  const { stdout } = await run(['certify', '--edges', 'never-cache:1:2']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(630);
  expect(lines).toEqual([...lines].sort());
  // MOV to CR3 with a flush, of space 0; running, CR3 0, root 0 has run, an empty slot, no request.
  expect(lines[0]).toMatch(/^0 0 0 0 /);
});
