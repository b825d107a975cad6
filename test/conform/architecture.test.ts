import { describe, test } from 'vitest';
import { allRight } from './architecture-rows.js';

const ROOT = 'VMX root, CPL0, 64-bit';
const PLAIN = 'CPL0, 64-bit, not in VMX non-root';
const L2 = 'VMX non-root, CPL0, 64-bit';
const LONG = '64-bit CPL0';
const EINVAL = { outcome: 'error', errno: 'EINVAL', state: 'unchanged' };
const ENTRY_FAILS = { outcome: 'vmentry-failure exit', reason: '0x80000021', basic: 33 };

describe('cases of each area, in contexts of every kind', () => {
  test('INVEPT', () => {
    const single = { type: '0x1', desc_lo: '0x1005e', desc_hi: '0x0' };
    allRight('invept', 'INVEPT', [
      [{ context: ROOT }, single, { outcome: 'VMsucceed', flags: 'CF=PF=AF=ZF=SF=OF=0' }],
      [{ context: ROOT }, { ...single, type: '0x100000001' }, 'VMfail 28'],
      [{ context: ROOT, current_vmcs: 'no' }, { type: '0x0' }, 'VMfailInvalid'],
      [{ context: 'VMX root, CPL0, compatibility mode' }, single, '#UD'],
      [{ context: 'VMX root, virtual-8086' }, single, '#UD'],
      [{ context: 'VMX root, CR0.PE=0' }, single, '#UD'],
      [{ context: 'VMX root, CPL0, 32-bit protected mode' }, { type: '0x2' }, 'VMsucceed'],
      [{ context: 'VMX root, CPL3, 64-bit' }, { type: '0x0' }, '#GP(0)'],
      [{ context: L2 }, single, 'vmexit 50'],
      [{ context: 'VMX non-root, CPL0, compatibility mode' }, single, '#UD'],
      [{ context: ROOT, maxphyaddr: 40 }, { ...single, desc_lo: '0x1000001005e' }, 'VMfail 28'],
      [{ context: ROOT, ept_vpid_cap: '0xf01061340c1' }, { type: '0x1' }, 'VMfail 28'],
      [{ context: ROOT, memory_operand: 'non-canonical SS' }, { type: '0x2' }, '#SS(0)'],
      [{ context: ROOT, memory_operand: 'page not present' }, single, '#PF(0)'],
      [
        { context: ROOT, memory_operand: 'tagged', lam: 'CR4.LAM_SUP=1' },
        { type: '0x2' },
        'VMsucceed',
      ],
    ]);
  });

  test('INVVPID', () => {
    const address = { type: '0x0', desc_lo: '0xffff', gla: '0x0' };
    allRight('invvpid', 'INVVPID', [
      [
        { context: ROOT, preset_error_field: 12 },
        address,
        { outcome: 'VMsucceed', error_field_unchanged: 12 },
      ],
      [{ context: ROOT }, { ...address, desc_lo: '0x0' }, 'VMfail 28'],
      [{ context: ROOT }, { ...address, gla: '0x800000000000' }, 'VMfail 28'],
      [{ context: ROOT, la57_supported: 1 }, { ...address, gla: '0x800000000000' }, 'VMsucceed'],
      [{ context: ROOT, procbased_ctls2_vpid: 0 }, address, '#UD'],
      [{ context: ROOT, ept_vpid_cap: '0xe01063340c1' }, address, 'VMfail 28'],
      [{ context: L2 }, address, 'vmexit 53'],
      [
        { context: 'VMX non-root, CPL3, 64-bit' },
        address,
        { outcome: 'either', choices: ['#GP(0)', 'vmexit 53'] },
      ],
    ]);
  });

  test('INVPCID and INVLPG', () => {
    const all = { type: '0x2', desc_lo: '0x0', addr: '0x0' };
    const allowed = { context: L2, cr4_pcide: 1, enable_invpcid_ctl: 1 };
    allRight('invpcid', 'INVPCID', [
      [{ context: PLAIN, cpuid_invpcid: 0 }, all, '#UD'],
      [{ context: PLAIN, cr4_pcide: 0 }, { ...all, type: '0x1', desc_lo: '0x1' }, '#GP(0)'],
      [{ ...allowed, invlpg_exiting: 1 }, all, 'vmexit 58'],
      [{ ...allowed, invlpg_exiting: 0 }, all, 'ok'],
      [{ ...allowed, enable_invpcid_ctl: 0, invlpg_exiting: 1 }, all, '#UD'],
      [{ context: 'real mode', cr4_pcide: 0 }, all, 'ok'],
      [{ context: 'virtual-8086', cr4_pcide: 1 }, all, '#GP(0)'],
      [{ context: PLAIN, memory_operand: 'unmapped' }, all, '#PF(0)'],
      [{ context: PLAIN, memory_operand: 'tagged', lam: 'CR4.LAM_SUP=0' }, all, '#GP(0)'],
      [{ context: PLAIN, memory_operand: 'tagged', lam: 'CR4.LAM_SUP=1' }, all, 'ok'],
    ]);
    allRight('invlpg', 'INVLPG', [
      [{ context: PLAIN, prefix: 'LOCK' }, { addr: '0x0' }, '#UD'],
      [
        { context: L2, invlpg_exiting: 1 },
        { addr: '0x12345678' },
        { outcome: 'vmexit', reason: 14, qualification: '0x12345678' },
      ],
    ]);
  });

  test('MOV to CR0, with what it must flush', () => {
    const flush = 'all incl. global, all PCIDs, all PSC; LMA becomes 0';
    const noPaging = 'protected, EFER.LME=1, CR4.PAE=1, CS.L=0';
    allRight('cr0', 'MOV_TO_CR0', [
      [{ mode: LONG }, { clear: '0x80000000' }, '#GP(0)'],
      [
        { mode: 'compatibility mode CPL0 (LMA=1)' },
        { clear: '0x80000000' },
        { outcome: 'ok', flush },
      ],
      [{ mode: noPaging }, { set: '0x80000000' }, { outcome: 'ok', lma: 1 }],
      [{ mode: LONG }, { set: '0x20000000' }, '#GP(0)'],
      [{ mode: LONG, cr4: 'CET=1' }, { clear: '0x10000' }, '#GP(0)'],
      [{ mode: 'PAE paging', pdpte: 'bad reserved bit' }, { toggle: '0x40000000' }, '#GP(0)'],
      [
        { mode: LONG, context: 'VMX non-root', cr0_mask: '0xa (TS|MP)', insn: 'mov rbx,cr0' },
        { toggle: '0x2' },
        { outcome: 'vmexit', reason: 28, qualification: '0x300' },
      ],
    ]);
    allRight('cr0', 'SET_SREGS_CR0', [[{}, { set: '0x100000000' }, EINVAL]]);
  });

  test('MOV to and from CR3', () => {
    const targets = { cr3_target_count: 1, cr3_targets: ['0x5000', '0x7000'] };
    const exiting = { context: 'VMX non-root', cr3_load_exiting: 1, ...targets };
    allRight('cr3', 'MOV_TO_CR3', [
      [
        { mode: LONG, cr4_pcide: 1 },
        { value: '0x8000000000001fff' },
        { outcome: 'ok', cr3: '0x1fff', pcid: '0xfff' },
      ],
      [{ mode: LONG, maxphyaddr: 40 }, { value: '0x10000001000' }, '#GP(0)'],
      [{ mode: LONG, lam_supported: 1 }, { value: '0x6000000000001000' }, 'ok'],
      [{ mode: LONG, context: 'CPL3' }, { value: '0x1000' }, '#GP(0)'],
      [{ mode: 'PAE paging', pdpte: 'bad reserved bit' }, { value: '0x3000' }, '#GP(0)'],
      [exiting, { value: '0x5000' }, 'ok'],
      [exiting, { value: '0x7000' }, 'vmexit 28'],
    ]);
    allRight('cr3', 'MOV_FROM_CR3', [
      [
        { context: 'VMX non-root', cr3_store_exiting: 1, insn: 'mov rbx, cr3' },
        {},
        { outcome: 'vmexit', reason: 28, qualification: '0x313' },
      ],
    ]);
  });

  test('MOV to CR4 and WRMSR to EFER', () => {
    const everything = { outcome: 'ok', flush: 'all incl. global, all PCIDs' };
    const current = { outcome: 'ok', flush: 'all TLB+PSC for current PCID' };
    const pae = { mode: 'PAE paging LMA=0', cr3: '0x1000' };
    allRight('cr4', 'MOV_TO_CR4', [
      [{ mode: LONG, cr3: '0x1001' }, { set: '0x20000' }, '#GP(0)'],
      [{ mode: LONG, cr3: '0x1fff', cr4: 'PCIDE=1' }, { clear: '0x20000' }, everything],
      [{ mode: LONG }, { toggle: '0x80' }, everything],
      [{ mode: LONG, cr4: 'SMEP=0' }, { set: '0x100000' }, current],
      [{ mode: LONG, cpuid_pke: 0 }, { set: '0x400000' }, '#GP(0)'],
      [{ mode: LONG, vmx: 'in VMX operation' }, { clear: '0x2000' }, '#GP(0)'],
      [pae, { toggle: '0x80' }, { outcome: 'ok', side_effect: 'PDPTEs reloaded from CR3' }],
    ]);
    allRight('cr4', 'SET_SREGS_CR4', [[{ cpuid: 'PKE unsupported' }, { set: '0x400000' }, EINVAL]]);
    allRight('efer', 'WRMSR_EFER', [
      [{ paging: 1 }, { toggle: '0x100 (LME)' }, '#GP(0)'],
      [{ paging: 0 }, { toggle: '0x100 (LME)' }, 'ok'],
      [{ cpuid_nx: 0 }, { set: '0x800 (NXE)' }, '#GP(0)'],
    ]);
  });

  test('VM entry: controls, host state, guest state', () => {
    const pdpte = { pdpte: 'any of 0..3', bit: '0x2' };
    const pdpteFails = { ...ENTRY_FAILS, qualification: '0x2' };
    const guestFails = { ...ENTRY_FAILS, qualification: '0x0' };
    allRight('vmentry', 'VMLAUNCH', [
      [{ vpid_ctl: 1 }, { vpid: '0x0' }, 'VMfail 7'],
      [{ ept: 1, cap_uc: 1 }, { eptp: '0x200018' }, 'vmentry'],
      [{ ept: 1, cap_pwl5: 0 }, { eptp: '0x200026' }, 'VMfail 7'],
      [{}, { ept: 0, mbec: 1 }, 'VMfail 7'],
      [{ misc_cr3_targets: 2 }, { cr3_target_count: '0x3' }, 'VMfail 7'],
      [{ eptp_switching: 1 }, { eptp_list_address: '0x1800' }, 'VMfail 7'],
      [{}, { host_cr0: 'clear a bit that CR0_FIXED0 forces to 1' }, 'VMfail 8'],
      [{ host_64: 0 }, { host_cr4: 'PAE=0' }, 'vmentry'],
      [{ host_64: 0 }, { host_rip: '0x100000000' }, 'VMfail 8'],
      [{ load_host_efer: 1, host_64: 0 }, { host_efer_lma: 0 }, 'vmentry'],
      [{ load_host_efer: 1 }, { host_efer_lme: 0 }, { outcome: 'VMfailValid', error: [7, 8] }],
      [{ load_guest_efer: 1, guest_64: 0 }, { guest_efer_lma: 1 }, guestFails],
      [{}, { guest_64: 1, guest_cr4: 'PAE=0' }, guestFails],
      [{ guest: 'PAE 32-bit', pdpte_source: 'memory (EPT off)' }, pdpte, pdpteFails],
      [{ guest: 'PAE 32-bit', pdpte_source: 'VMCS fields (EPT on)' }, pdpte, pdpteFails],
    ]);
    allRight('vmentry', 'VMWRITE', [[{}, { field: 'CR3_TARGET_4' }, 'VMfail 12']]);
  });

  test('VM exit and VMFUNC', () => {
    const pcid = { host_cr4: 'PCIDE=1', host_cr3: '0x...001 (PCID 1)' };
    allRight('vmexit-load', 'VMEXIT then MOV_TO_CR4 toggle MCE', [[pcid, {}, 'ok']]);
    allRight('vmexit-load', 'VMEXIT', [
      [{ host_cr4: 'LA57=1', host_cr3: 'pml5 table', ept: 0 }, {}, 'ok'],
      [{ host_cr4: 'LA57=0', host_cr3: 'pml4 table', ept: 1 }, {}, 'ok'],
    ]);
    allRight('vmfunc', 'VMFUNC', [
      [{ context: 'not in VMX non-root' }, { eax: '0x0' }, '#UD'],
      [{ context: 'non-root', function_bits: '0x1' }, { eax: '0x1' }, 'vmexit 59'],
      [{ context: 'non-root' }, { eax: '0x0', ecx: '0x200' }, 'vmexit 59'],
      [{ context: 'non-root', list: 'entry 511 valid' }, { eax: '0x0', ecx: '0x1ff' }, 'ok'],
      [{ context: 'non-root', list: 'entry 3 = memtype 2' }, { ecx: '0x3' }, 'vmexit 59'],
    ]);
  });
});
