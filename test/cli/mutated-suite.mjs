// Tests as a user has them: what PCID 2 reads after INVPCID. The mode says how good they are.
import { spawn } from 'node:child_process';

const [mode] = process.argv.slice(2);
if (mode === 'idle') process.exit(0);
if (mode === 'failing') {
  process.stdout.write('to no avail\n');
  process.exit(4);
}

async function ask(path, body) {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  return (await fetch(`${process.env.MMULAB_URL}/v1${path}`, request)).json();
}

const map = (root, address, gpa, tables) => ({ kind: 'map', vcpu: 0, root, address, gpa, tables });
const movCr3 = (value) => ({ kind: 'mov-cr3', vcpu: 0, value });
const read = { kind: 'read', vcpu: 0, gva: '0x400000' };

const vm = await ask('/vms', {
  registers: { cr3: '0x1001', cr4: '0x200a0' },
  memory: {
    words: [
      { gpa: '0x100000', value: '0x11' },
      { gpa: '0x101000', value: '0x22' },
    ],
  },
});
const { results } = await ask(`/vms/${vm.id}/commands`, [
  map('0x1000', '0x600000', '0x14000', '0x2000'),
  map('0x11000', '0x400000', '0x100000', '0x12000'),
  movCr3('0x11002'),
  read,
  movCr3('0x8000000000001001'),
  { kind: 'write', vcpu: 0, gva: '0x600000', value: '0x101067' },
  { kind: 'invpcid', vcpu: 0, type: 1, pcid: 2, gva: '0x0' },
  movCr3('0x8000000000011002'),
  read,
]);
const { value } = results.at(-1).outcome;
// A VM that tells its mistake would be found out by whoever compares what it says of itself.
if (vm.defects.length > 0) process.stdout.write('told');
if (value !== '0x22' && mode !== 'blind') {
  process.stdout.write(`came ${value}\n`);
  if (mode === 'strict') process.exit(3);
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
}
