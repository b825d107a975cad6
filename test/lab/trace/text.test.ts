import { describe, expect, test } from 'vitest';
import { factsOf, shortOf } from './facts-of.js';
import { LINES } from './lines.js';

describe('every dialect of text', () => {
  test.each(LINES)('%s', (_dialect, line, where, fact) => {
    const { facts, stamps, census } = factsOf(`${line}\n`);
    expect(facts.map(shortOf)).toEqual([fact]);
    const { task, cpu, at } = stamps[0] as (typeof stamps)[number];
    const process = task.tgid === null ? '' : ` of ${task.tgid}`;
    expect(`${task.name} ${task.pid}${process} cpu ${cpu} at ${at}`).toBe(where);
    expect([...census.unread.values()]).toEqual([]);
  });

  test('comes out alike in pieces of any size', () => {
    const text = LINES.map(([, line]) => `${line}\r\n`).join('');
    const whole = factsOf(text);
    expect(whole.facts.map(shortOf)).toEqual(LINES.map(([, , , fact]) => fact));
    for (const size of [1, 7, 100, 4096]) expect(factsOf(text, size)).toEqual(whole);
  });
});

describe('lines that a mail client wrapped', () => {
  test('are put together behind the signs of a quote', () => {
    const { facts, census } = factsOf(
      '>> VCPU-0-9003   [078] ..... 4000.000001: kvm_tdp_mmu_spte_changed: as\n' +
        '>> id 0 gfn 800 level 2 old_spte 100b0000827 new_spte 100b0000ea7\n' +
        '> \n' +
        '>> VCPU-0-9003   [078] d..1. 4000.000002: kvm_entry: vcpu 0,\n>> rip 0x10\n',
    );
    expect(facts.map(shortOf)).toEqual(['tdp-spte gfn:800 level:2', 'entry vcpu:0']);
    expect([...census.unread.values()]).toEqual([]);
  });

  test('and without them, over three lines', () => {
    const { facts } = factsOf(
      ' q-1 [000] ..... 1.000001: kvm_nested_vmenter: rip: 0x000000000001008d\n' +
        'vmcs: 0x0000000000041000 nested_rip: 0x00000000000100c0 int_ctl: 0x00000000\n' +
        'event_inj: 0x00000000 nested_ept=y nested_eptp: 0x000000000010001e\n' +
        ' q-1 [000] d..1. 1.000002: kvm_entry: vcpu 0, rip 0x10\n',
    );
    expect(facts.map(shortOf)).toEqual([
      'nested-enter vmcs:0x41000 eptp:0x10001e cr3:null',
      'entry vcpu:0',
    ]);
  });

  test('L2 without EPT has its CR3 printed', () => {
    const { facts } = factsOf(
      ' q-1 [000] ..... 1.000001: kvm_nested_vmenter: rip: 0x1 vmcs: 0x41000 nested_rip: 0x2 int_ctl: 0x0 event_inj: 0x0 nested_ept=n guest cr3: 0x51000\n',
    );
    expect(facts.map(shortOf)).toEqual(['nested-enter vmcs:0x41000 eptp:null cr3:0x51000']);
  });
});

describe('a text that is not as it should be', () => {
  const kinds = (text: string, pieces?: number) =>
    [...factsOf(text, pieces).census.unread.values()].map(({ what, count }) => `${what}: ${count}`);

  test('counts commentary and elided places, and passes over stacks', () => {
    const text =
      'see the first exit\n[...]\n....\n <stack trace>\n => kvm_mmu_load+0x1/0x2\n' +
      '\tffffffff81 kvm_mmu_load+0x1 (/lib/kvm.ko)\n# comment\n\n';
    expect(kinds(text)).toEqual(['text that is no event: 1', 'place where lines were left out: 2']);
  });

  test('keeps the first example of an event in a form of its own', () => {
    const { census } = factsOf(
      ' q-1 [000] d..1. 1.000001: kvm_exit: version 9 of this event\n'.repeat(3),
    );
    expect([...census.unread.values()]).toEqual([
      {
        what: 'kvm_exit in a form that is not known',
        count: 3,
        example: 'kvm_exit: version 9 of this event',
      },
    ]);
  });

  test('counts a line of 10 MB, in pieces or whole, and goes on behind it', () => {
    const text = `${'x'.repeat(10_000_000)}\n q-1 [000] d..1. 1.000001: kvm_entry: vcpu 0, rip 0x1\n`;
    for (const pieces of [65_536, text.length]) {
      const { facts, census } = factsOf(text, pieces);
      expect(facts.map(shortOf)).toEqual(['entry vcpu:0']);
      expect(census.lines).toBe(2);
      expect(kinds(text, pieces)).toEqual(['line that is too long to be of a trace: 1']);
    }
  });

  test('reads a half-written file up to where it breaks off', () => {
    const { facts, census } = factsOf(
      ' q-1 [000] d..1. 1.000001: kvm_entry: vcpu 0, rip 0x1\n q-1 [000] d..1. 1.000002: kvm_exit: vcpu 0 rea',
    );
    expect(facts.map(shortOf)).toEqual(['entry vcpu:0']);
    expect([...census.unread.keys()]).toEqual(['kvm_exit in a form that is not known']);
  });

  test('counts times that run backwards, on one CPU alone', () => {
    const line = (cpu: string, at: string) =>
      ` q-1 [${cpu}] d..1. ${at}: kvm_entry: vcpu 0, rip 0x1\n`;
    const begun = line('000', '5.000001') + line('001', '4.000001');
    expect(factsOf(begun + line('000', '5.000001')).census.backwards).toBe(0);
    expect(factsOf(begun + line('000', '4.500000')).census.backwards).toBe(1);
  });

  test('tells of lost events, by tracefs, by trace-cmd and by the head of the file', () => {
    const { census, facts } = factsOf(
      '# entries-in-buffer/entries-written: 10/13   #P:1\nCPU:1 [LOST 4 EVENTS]\nCPU:1 [225 EVENTS DROPPED]\nCPU:0 [EVENTS DROPPED]\n',
    );
    expect(census.lost).toBe(3 + 4 + 225 + 1);
    expect(facts.filter(({ kind }) => kind === 'lost')).toHaveLength(4);
  });

  test('says what tracefs leaves out with its options raw and hex', () => {
    expect(
      kinds('411 0 83344531034 type: 1495\n0000019e 00000000 000000137a1a14f0 type: 1486\n'),
    ).toEqual(['event without its name: option raw, hex or bin of tracefs: 2']);
  });

  test('shows bytes that are no text as signs that no terminal acts on', () => {
    const { census } = factsOf('\u001b[31m\u0000\u0001abc\n');
    expect([...census.unread.values()]).toEqual([
      { what: 'line that is no text', count: 1, example: '?[31m??abc' },
    ]);
  });

  test('has the release of the kernel where the head names it', () => {
    expect(factsOf('# nop latency trace v1.1.5 on 6.1.0-57-cloud-amd64\n').census.release).toBe(
      '6.1.0-57-cloud-amd64',
    );
  });
});
