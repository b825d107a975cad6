import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog } from '../../src/cli/log.js';

test('at a terminal the log is sentences', () => {
  const stdout = Object.assign(new PassThrough(), { isTTY: true });
  const terminal = { stdin: Readable.from([]), stdout, stderr: new PassThrough(), env: {} };
  const log = createLog(undefined, terminal);
  log.info('Listening at http://127.0.0.1:3000');
  log.debug('Not for a person');
  log.warn({ HOST: 'workstation' }, 'HOST ignored');
  log.error({ err: new Error('no root'), vm: 'vm-1', seq: 7 }, 'VM poisoned');
  expect(String(stdout.read())).toBe(
    'Listening at http://127.0.0.1:3000\n' +
      'HOST ignored (HOST workstation)\n' +
      'VM poisoned (err no root, vm vm-1, seq 7)\n',
  );
});
