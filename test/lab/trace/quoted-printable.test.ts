import { describe, expect, test } from 'vitest';
import { factsOf, shortOf } from './facts-of.js';
import { LINES } from './lines.js';

const HEAD =
  'Content-Type: text/plain; charset="UTF-8"\nContent-Transfer-Encoding: quoted-printable\n\n';

/** A line as mail clients encode it: broken where it has so many bytes, the sign of it included. */
function encoded(line: string, width: number): string {
  const pieces = [...line].map((sign) => (/[=\x80-\xff]|\t$/.test(sign) ? escapeOf(sign) : sign));
  let text = '';
  let length = 0;
  for (const [nth, piece] of pieces.entries()) {
    const isLast = nth === pieces.length - 1;
    if (length + piece.length > (isLast ? width : width - 1)) {
      text += '=\n';
      length = 0;
    }
    text += piece;
    length += piece.length;
  }
  return text;
}

function escapeOf(sign: string): string {
  return `=${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

describe('a mail in quoted-printable', () => {
  test.each([
    ['with its head', HEAD, [40, 60, 70, 76]],
    ['without it', '', [70, 73, 76]],
  ])('%s: each line of every dialect is read as it was sent', (_what, head, widths) => {
    for (const width of widths) {
      for (const [, line, , fact] of LINES) {
        for (const quote of ['', '> ']) {
          const text = `${head}${encoded(quote + line.trimStart(), width)}\n`;
          const facts = factsOf(text).facts.map(shortOf);
          expect({ text, facts }).toEqual({ text, facts: [fact] });
        }
      }
    }
  });

  test('comes out alike in pieces of any size', () => {
    const text = HEAD + LINES.map(([, line]) => `${encoded(line, 76)}\r\n`).join('');
    const whole = factsOf(text);
    expect(whole.facts.map(shortOf)).toEqual(LINES.map(([, , , fact]) => fact));
    for (const size of [1, 7, 100]) expect(factsOf(text, size)).toEqual(whole);
  });

  test('ends where another part says so, or in the middle of a line', () => {
    const event = ' q-1 [000] d..1. 1.000001: p1: (kvm_set_cr3+0x0/0x190 [kvm]) val=0x30';
    const part = 'content-transfer-encoding: 7bit\n\n';
    expect(factsOf(`${HEAD}${part}${event}\n`).facts.map(shortOf)).toEqual([
      'probe of:kvm_set_cr3 val=0x30',
    ]);
    expect(factsOf(`${HEAD}${encoded(event, 50)}=`).facts.map(shortOf)).toEqual([
      'probe of:kvm_set_cr3 val=0x30',
    ]);
  });

  test('a line that never ends is given in pieces of a bound', () => {
    const { facts, census } = factsOf(HEAD + `${'x'.repeat(70)}=\n`.repeat(2000));
    expect([facts, census.lines]).toEqual([[], 2003]);
    const [unread] = census.unread.values();
    expect(unread).toMatchObject({ what: 'text that is no event' });
  });

  test('a plain line with a number behind an equals sign stays as it is', () => {
    const line = ' vmm-1 [000] 1.000001: kvm_mmu_get_page: gfn=256 role=14084 root_count=30';
    const fact = 'page made gfn:100 level:4 isDirect:false';
    for (const text of [line, `${HEAD}${encoded(line, 76)}`]) {
      expect(factsOf(`${text}\n`).facts.map(shortOf)).toEqual([fact]);
    }
  });
});
