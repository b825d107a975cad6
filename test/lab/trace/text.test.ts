import { describe, expect, test } from 'vitest';
import { factsOf, shortOf } from './facts-of.js';

/** One line of each dialect: the text, who and when, and what it says. */
const LINES: readonly (readonly [dialect: string, line: string, where: string, fact: string])[] = [
  [
    'tracefs, five flags',
    '             vmm-41      [002] d..1.   900.000125: kvm_exit: vcpu 1 reason CR_ACCESS rip 0xffffffff81000010 info1 0x0000000000000603 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000',
    'vmm 41 cpu 2 at 900000125000',
    'exit vcpu:1 reason:CR_ACCESS vendor:vmx info1:0x603 info2:0x0',
  ],
  [
    'tracefs, four flags, and a name with blanks',
    '       CPU 1/KVM-77    [006] d... 2000.000001: kvm_entry: vcpu 1, rip 0x560000001000',
    'CPU 1/KVM 77 cpu 6 at 2000000001000',
    'entry vcpu:1',
  ],
  [
    'tracefs without flags',
    '   qemu-system-x86-9       [001]     7.000001: kvm_cr: cr_write 3 = 0x8000000000103004',
    'qemu-system-x86 9 cpu 1 at 7000001000',
    'cr-write cr:3 value:0x8000000000103004',
  ],
  [
    'tracefs with process ids',
    '           vcpu0-12      (     10) [000] .....     7.000001: kvm_mmu_paging_element: pte 8000000002b2f063 level 3',
    'vcpu0 12 of 10 cpu 0 at 7000001000',
    'element value:0x8000000002b2f063 level:3',
  ],
  [
    'tracefs, latency format',
    '     vmm-408       3d..1. 162370us+: kvm_mmu_pagetable_walk: addr fffffe0000001000 pferr 2 W',
    'vmm 408 cpu 3 at 162370000',
    'walk address:0xfffffe0000001000 pferr:2',
  ],
  [
    'tracefs, latency format with its verbose times',
    '             vmm     417   1 0 00000001 00000032 [05015108] 157.541ms (+0.007ms): kvm_mmu_zap_all_fast: valid_gen 1 next_valid_gen 0 reload_l1_gen',
    'vmm 417 cpu 1 at 157541000',
    'zap-all',
  ],
  [
    'a clock of 12 digits that sticks to the flags',
    '             vmm-405     [000] d..1.107995705682: kvm_entry: vcpu 0, rip 0x10000',
    'vmm 405 cpu 0 at 107995705682',
    'entry vcpu:0',
  ],
  [
    'a clock of 12 digits that sticks to the CPU',
    '             vmm-405     [000]140980056417: kvm_entry:             vcpu 0 rip 0x10000',
    'vmm 405 cpu 0 at 140980056417',
    'entry vcpu:0',
  ],
  [
    'trace-cmd, nanoseconds',
    '             vmm-103   [000]     5.951786699: kvm_mmu_spte_requested: gfn 10 pfn 2831 level 1',
    'vmm 103 cpu 0 at 5951786699',
    'requested gfn:10',
  ],
  [
    'trace-cmd, latency',
    '     vmm-103     0.N...     6.358139: kvm_exit:             reason EXIT_IOIO rip 0x10063 info f20040 10065',
    'vmm 103 cpu 0 at 6358139000',
    'exit vcpu:null reason:IO vendor:svm info1:0xf20040 info2:0x10065',
  ],
  [
    'trace-cmd, raw',
    '             vmm-103   [000]     6.358139: kvm_mmu_get_page:      mmu_valid_gen=0 gfn=256 role=14084 root_count=0 unsync=0 created=0',
    'vmm 103 cpu 0 at 6358139000',
    'page found gfn:100 level:4 isDirect:false',
  ],
  [
    'trace-cmd, an exit that is raw',
    '             vmm-103   [000]     6.358139: kvm_exit:              exit_reason=78 guest_rip=0x10000 isa=2 info1=0x0000000000000010 info2=0x0000000000010000 intr_info=0x00000000 error_code=0x00000000 vcpu_id=3',
    'vmm 103 cpu 0 at 6358139000',
    'exit vcpu:3 reason:PAGE_FAULT vendor:svm info1:0x10 info2:0x10000',
  ],
  [
    'trace-cmd, raw hex without its sign',
    '             vmm-103   [000]     6.357984: kvm_mmu_set_spte:      gfn=206 spte=3f167e43 sptep=3febf030 level=1 r=1 x=1 u=0',
    'vmm 103 cpu 0 at 6357984000',
    'spte gfn:206 level:1 at:0x3febf030',
  ],
  [
    'trace-cmd, a file before each line',
    'host1.dat:              vmm-103   [000]     6.357984: kvm_mmu_unsync_page: sp gen 0 gfn 131 l1 8-byte q0 w-x nxe ad root 0 sync',
    'vmm 103 cpu 0 at 6357984000',
    'page unsynced gfn:131 level:1 isDirect:false',
  ],
  [
    'trace-cmd, a buffer before each line',
    'mmu:             vmm-103   [000] d..1.    6.357984: kvm_mmu_sync_page:    1 q0 w-x !pae nxe wp root 0 unsync',
    'vmm 103 cpu 0 at 6357984000',
    'page synced gfn:null level:1 isDirect:false',
  ],
  [
    'trace-cmd, an old plugin',
    ' qemu-system-x86-4242  [003]   100.000001: kvm_mmu_get_page:     existing sp gfn 1a2b 1/4 q3 direct --x !pge !nxe root 6 sync',
    'qemu-system-x86 4242 cpu 3 at 100000001000',
    'page found gfn:1a2b level:1 isDirect:true',
  ],
  [
    'trace-cmd, a newer plugin',
    '       CPU 0/KVM-9002 [025] 3000.000001: kvm_mmu_get_page:     new sp gfn c0000 2 q0 direct wux pae !nxe !wp root 0 sync',
    'CPU 0/KVM 9002 cpu 25 at 3000000001000',
    'page made gfn:c0000 level:2 isDirect:true',
  ],
  [
    'the kernel, the mark at the end',
    ' qemu-system-x86-9004 [012] ...1. 5000.000001: kvm_mmu_get_page: sp gen 0 gfn 14b600 l1 8-byte q0 direct wux nxe ad root 0 sync existing',
    'qemu-system-x86 9004 cpu 12 at 5000000001000',
    'page found gfn:14b600 level:1 isDirect:true',
  ],
  [
    'perf script',
    '             vmm   462 [000]    96.908821:                      kvm:kvm_entry: vcpu 0, rip 0x10000',
    'vmm 462 cpu 0 at 96908821000',
    'entry vcpu:0',
  ],
  [
    'perf script with both ids and a period',
    ' CPU 3/KVM   145/149   [007]    24.337903:          1      kvm:kvm_exit: vcpu 3 reason npf rip 0x9f info1 0x0000000100000014 info2 0x00000000000fd000 intr_info 0x00000000 error_code 0x00000000',
    'CPU 3/KVM 149 of 145 cpu 7 at 24337903000',
    'exit vcpu:3 reason:EPT_VIOLATION vendor:svm info1:0x100000014 info2:0xfd000',
  ],
  [
    'perf script, a format that perf cannot read',
    '             vmm   462 [000]    96.908322:            kvmmmu:kvm_mmu_get_page: [FAILED TO PARSE] mmu_valid_gen=0 gfn=256 role=14084 root_count=0 unsync=0 created=1',
    'vmm 462 cpu 0 at 96908322000',
    'page made gfn:100 level:4 isDirect:false',
  ],
  [
    'perf script after a date, flags before the CPU, a lost name',
    '2026-01-01 00:00:00.000001            <...> 9005 .N.. [017] 6000.000001: kvm:kvm_exit: reason EXTERNAL_INTERRUPT rip 0xffffffff81000000 info 0 800000fd',
    '<...> 9005 cpu 17 at 6000000001000',
    'exit vcpu:null reason:EXTERNAL_INTERRUPT vendor:vmx info1:0x0 info2:0x800000fd',
  ],
  [
    'perf script without ids or CPU',
    'qemu-kvm  6000.000001: kvm:kvm_entry: vcpu 1 rip 0x1000',
    'qemu-kvm null cpu null at 6000000001000',
    'entry vcpu:1',
  ],
  [
    'a kprobe with symbols, and a name that its owner chose',
    '             vmm-206     [000] .....     4.122301: p1: (kvm_set_cr3+0x0/0x190 [kvm]) val=0x100000 rp=0x0',
    'vmm 206 cpu 0 at 4122301000',
    'probe of:kvm_set_cr3 val=0x100000 rp=0x0',
  ],
  [
    'a kprobe without symbols',
    '             vmm-435   [000]    88.260429: mmu_invlpg:           (ffffffffc0263a60) gva=0x8000001000',
    'vmm 435 cpu 0 at 88260429000',
    'probe of:kvm_mmu_invlpg gva=0x8000001000',
  ],
  [
    'a page fault of 5.x',
    '                 exe-9001  [006] .... 2000.000002: kvm_page_fault: address 3fef00000000 error_code 181',
    'exe 9001 cpu 6 at 2000000002000',
    'fault vcpu:null address:0x3fef00000000 error:0x181',
  ],
  [
    'the times of a host that has run for a month',
    '     vcpu-0-9      [063] ..... 2323301.154555: kvm_emulate_insn: 0:10080: 0f 22 de (prot64)',
    'vcpu-0 9 cpu 63 at 2323301154555000',
    'insn bytes:0f 22 de',
  ],
];

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
