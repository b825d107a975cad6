import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isAsWritten, needsMore, partsOf } from '../../web/learn/lesson.js';
import { partOf } from '../../web/learn/part-of.js';
import { Shell } from '../../web/learn/shell.js';
import { startApp } from '../server/start.js';

const pageOf = (name: string) =>
  readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');

async function shell(): Promise<Shell> {
  const app = await startApp();
  return new Shell(async (method, url, body) => {
    const payload = body === null ? {} : { payload: body };
    const headers = body === null ? {} : { 'content-type': 'application/json' };
    const answer = await app.inject({ method: method as 'GET', url, headers, ...payload });
    return answer.body;
  });
}

test.each(['tutorial', 'tutorial-shadow'])(
  'every command of docs/%s.md prints in the page what it prints in a shell',
  async (name) => {
    const page = await shell();
    let count = 0;
    for (const part of partsOf(pageOf(name))) {
      if (part.kind !== 'commands') continue;
      for (const { script, output } of part.commands) {
        const printed = await page.run(script);
        expect(isAsWritten(printed, output), `${script}\n${printed}`).toBe(true);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(15);
  },
);

test('a page is headings, prose and blocks of commands, in order', () => {
  const parts = partsOf(pageOf('tutorial'));
  expect(parts[0]).toEqual({
    kind: 'heading',
    level: 1,
    text: 'Free or mark? Five minutes with curl',
  });
  expect(parts.filter(({ kind }) => kind === 'heading')).toHaveLength(6);
});

test.each([
  ["curl --json '{", true],
  ["curl --json '{}'", false],
  ['for a in b; do', true],
  ['for a in b; do\necho $a\ndone', false],
  ['curl x |', true],
  ["cat > f <<'END'\nx", true],
  ["cat > f <<'END'\nx\nEND", false],
])('a shell asks for more after %j: %s', (script, more) => {
  expect(needsMore(script)).toBe(more);
});

test.each([
  ['.a.b', 1],
  ['.list.length', 2],
  ['.list[1].n', 6],
  ['.list.at(-1).n', 6],
  ['.list.map(({ n }) => [n])', [[5], [6]]],
  ['.list.map(({ n, m }) => ({ n, m }))', [{ n: 5, m: 1 }, { n: 6 }]],
  ['.none.there', undefined],
])('a part of an answer is taken: %s', (expression, part) => {
  expect(partOf({ a: { b: 1 }, list: [{ n: 5, m: 1 }, { n: 6 }] }, expression)).toEqual(part);
});

test('what the page cannot run is refused in words', async () => {
  const page = await shell();
  await expect(page.run('rm -rf x')).rejects.toThrow('Cannot run "rm" here');
  await expect(page.run('curl -s $VM')).rejects.toThrow('Cannot run it yet: $VM is set further up');
  await expect(page.run('curl -s elsewhere/x')).rejects.toThrow('Cannot ask "elsewhere/x"');
  await expect(page.run('curl -s localhost:3000/v1/vms --json @f')).rejects.toThrow(
    'Cannot send "f": run its block first',
  );
  expect(() => partOf({}, '.a + 1')).toThrow('Cannot take " + 1" of an answer');
});
