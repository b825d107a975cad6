import { describe, expect, test } from 'vitest';
import { createVm, step, type Vm } from '../../src/mmu/index.js';
import { VMCS, type VmcsFieldName } from '../../src/mmu/machine/index.js';
import {
  Command,
  type CommandInput,
  VmConfig,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';

type Fields = Partial<Record<VmcsFieldName | `0x${string}`, string>>;

/** An L1 in VMX root operation with a VMCS that enters as it is. */
function hypervisor(config: VmConfigInput = {}): Vm {
  const vm = createVm(
    VmConfig.parse({ paging: 'ept', registers: { cr4: '0x20a0', cr3: '0x1000' }, ...config }),
  );
  run(vm, { kind: 'vmxon', vcpu: 0, address: '0x700000' });
  run(vm, { kind: 'vmptrld', vcpu: 0, address: '0x701000' });
  return vm;
}

function run(vm: Vm, command: CommandInput) {
  return step(vm, Command.parse(command), null);
}

function write(vm: Vm, field: string, value: string) {
  return run(vm, { kind: 'vmwrite', vcpu: 0, field: field as VmcsFieldName, value });
}

function read(vm: Vm, field: string): string {
  const outcome = run(vm, { kind: 'vmread', vcpu: 0, field: field as VmcsFieldName });
  if (outcome.kind !== 'ok' || outcome.value === undefined) return JSON.stringify(outcome);
  const { page, low } = outcome.value;
  return `0x${(BigInt(page) * 4096n + BigInt(low)).toString(16)}`;
}

function enterWith(fields: Fields, config?: VmConfigInput) {
  const vm = hypervisor(config);
  for (const [field, value] of Object.entries(fields)) {
    expect([field, write(vm, field, value as string)]).toEqual([field, { kind: 'ok' }]);
  }
  const outcome = run(vm, { kind: 'vmlaunch', vcpu: 0 });
  if (outcome.kind === 'vm-fail') return `vm-fail ${outcome.error}`;
  if (outcome.kind !== 'vm-exit') return outcome.kind;
  return `exit ${outcome.reason.toString(16)} ${outcome.qualification.low}`;
}

describe('components', () => {
  test.each([
    ['GUEST_RIP', '0xffffffff81000000', '0xffffffff81000000'],
    ['HOST_RSP', '0x123456789abcdef0', '0x123456789abcdef0'],
    ['TSC_OFFSET', '0xfedcba9876543210', '0xfedcba9876543210'],
    ['GUEST_CS_SELECTOR', '0x12345', '0x2345'],
    ['EXCEPTION_BITMAP', '0x123456789', '0x23456789'],
    ['0x681e', '0x1000', '0x1000'],
  ])('%s keeps as many bits of %s as it is wide', (field, value, kept) => {
    const vm = hypervisor();
    expect(write(vm, field, value)).toEqual({ kind: 'ok' });
    expect(read(vm, field)).toBe(kept);
  });

  test('the upper half of a 64-bit component has an encoding of its own', () => {
    const vm = hypervisor();
    write(vm, 'TSC_OFFSET', '0x1111111122222222');
    expect(read(vm, '0x2011')).toBe('0x11111111');
    expect(write(vm, '0x2011', '0xffffffffabcdef01')).toEqual({ kind: 'ok' });
    expect(read(vm, 'TSC_OFFSET')).toBe('0xabcdef0122222222');
  });

  test.each(['0x4001', '0x6801', '0x2046', '0x12000', '0x0001', '0x6c1e'])(
    '%s is no component: VMfail 12 for VMREAD and VMWRITE',
    (field) => {
      const vm = hypervisor();
      expect(write(vm, field, '0x0')).toEqual({ kind: 'vm-fail', error: 12 });
      expect(read(vm, field)).toBe('{"kind":"vm-fail","error":12}');
    },
  );

  test('exit information is read-only, unless IA32_VMX_MISC says otherwise', () => {
    const strict = hypervisor();
    const lax = hypervisor({ vmx: { vmwriteAnyField: true } });
    for (const field of [
      'VM_EXIT_REASON',
      'EXIT_QUALIFICATION',
      'VM_INSTRUCTION_ERROR',
      '0x2401',
    ]) {
      expect(write(strict, field, '0x7')).toEqual({ kind: 'vm-fail', error: 13 });
      expect(write(lax, field, '0x7')).toEqual({ kind: 'ok' });
    }
    expect(read(lax, 'VM_EXIT_REASON')).toBe('0x7');
    expect(read(strict, 'VM_INSTRUCTION_ERROR')).toBe('0xd');
  });

  test.each<[VmConfigInput, string]>([
    [{ paging: 'shadow' }, 'EPT_POINTER'],
    [{ paging: 'shadow' }, 'GUEST_PDPTR0'],
    [{ vmx: { vpid: false } }, 'VIRTUAL_PROCESSOR_ID'],
    [{ vmx: { cr3TargetCountMax: 1 } }, 'CR3_TARGET_VALUE1'],
    [{ vmx: { procbasedCtls: '0x7ff9fffe04006172' } }, 'SECONDARY_VM_EXEC_CONTROL'],
    [{ vmx: { procbasedCtls2: '0x0' } }, 'PML_ADDRESS'],
    [{}, 'GUEST_S_CET'],
    [{}, 'TERTIARY_VM_EXEC_CONTROL'],
  ])('under %j there is no %s', (config, field) => {
    expect(write(hypervisor(config), field, '0x0')).toEqual({ kind: 'vm-fail', error: 12 });
  });

  test('every component that the processor has can be read and keeps what is written', () => {
    const vm = hypervisor({ cpuid: { cet: true } });
    const absent = Object.keys(VMCS).filter((field) => read(vm, field).startsWith('{'));
    expect(absent).toEqual([
      'EPTP_INDEX',
      'HLAT_PREFIX_SIZE',
      'LAST_PID_POINTER_INDEX',
      'GUEST_UINV',
      'VE_INFORMATION_ADDRESS',
      'SUB_PAGE_PERMISSION_TABLE_POINTER',
      'TERTIARY_VM_EXEC_CONTROL',
      'ENCLV_EXITING_BITMAP',
      'LOW_PASID_DIRECTORY',
      'HIGH_PASID_DIRECTORY',
      'SHARED_EPT_POINTER',
      'PCONFIG_EXITING_BITMAP',
      'HLAT_POINTER',
      'PID_POINTER_TABLE',
      'SECONDARY_VM_EXIT_CONTROLS',
      'SPEC_CTRL_MASK',
      'SPEC_CTRL_SHADOW',
      'GUEST_IA32_RTIT_CTL',
      'GUEST_IA32_LBR_CTL',
      'GUEST_IA32_PKRS',
      'HOST_IA32_PKRS',
      'PLE_GAP',
      'PLE_WINDOW',
      'INSTRUCTION_TIMEOUT_CONTROL',
    ]);
  });

  test('VMREAD checks as VMWRITE does, and L2 exits with it', () => {
    const vm = hypervisor();
    expect(run(vm, { kind: 'vmlaunch', vcpu: 0 })).toEqual({ kind: 'ok' });
    const outcome = run(vm, { kind: 'vmread', vcpu: 0, field: 'GUEST_CR3' });
    expect(outcome).toMatchObject({ kind: 'vm-exit', reason: 23 });
    run(vm, { kind: 'vmclear', vcpu: 0, address: '0x701000' });
    const none = run(vm, { kind: 'vmread', vcpu: 0, field: 'GUEST_CR3' });
    expect(none).toEqual({ kind: 'vm-fail', error: null });
  });
});

describe('what an exit tells L1', () => {
  test('the reason and qualification of an exit, and of an entry that failed', () => {
    const vm = hypervisor();
    run(vm, { kind: 'vmlaunch', vcpu: 0 });
    run(vm, { kind: 'vmread', vcpu: 0, field: 'GUEST_CR3' });
    expect(read(vm, 'VM_EXIT_REASON')).toBe('0x17');
    write(vm, 'GUEST_CR3', '0x400000000000');
    run(vm, { kind: 'vmresume', vcpu: 0 });
    expect([read(vm, 'VM_EXIT_REASON'), read(vm, 'EXIT_QUALIFICATION')]).toEqual([
      '0x80000021',
      '0x0',
    ]);
  });

  test('a page fault that L1 asked for: information, error code and CR2', () => {
    const vm = hypervisor();
    write(vm, 'EXCEPTION_BITMAP', '0x4000');
    run(vm, { kind: 'vmlaunch', vcpu: 0 });
    run(vm, { kind: 'write', vcpu: 0, gva: '0x400000', value: '0x1' });
    expect(
      ['VM_EXIT_REASON', 'VM_EXIT_INTR_INFO', 'VM_EXIT_INTR_ERROR_CODE', 'EXIT_QUALIFICATION'].map(
        (field) => read(vm, field),
      ),
    ).toEqual(['0x0', '0x80000b0e', '0x2', '0x400000']);
  });

  test('the guest-physical address of an EPT violation, and the linear one that led there', () => {
    const vm = hypervisor();
    write(vm, 'SECONDARY_VM_EXEC_CONTROL', '0x2');
    write(vm, 'EPT_POINTER', '0x80005e');
    run(vm, { kind: 'vmlaunch', vcpu: 0 });
    run(vm, { kind: 'read', vcpu: 0, gva: '0x400000' });
    expect(read(vm, 'VM_EXIT_REASON')).toBe('0x30');
    expect(read(vm, 'GUEST_PHYSICAL_ADDRESS')).toBe('0x1000');
    expect(read(vm, 'GUEST_LINEAR_ADDRESS')).toBe('0x400000');
  });
});

describe('checks of VM entry', () => {
  const NMI = { PIN_BASED_VM_EXEC_CONTROL: '0x3e' } as const;
  test.each<[Fields, string]>([
    [{}, 'ok'],
    [{ PIN_BASED_VM_EXEC_CONTROL: '0xffffffff' }, 'vm-fail 7'],
    [{ PIN_BASED_VM_EXEC_CONTROL: '0x0' }, 'vm-fail 7'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0xffffffff' }, 'vm-fail 7'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0x0' }, 'vm-fail 7'],
    [{ SECONDARY_VM_EXEC_CONTROL: '0xffffffff' }, 'vm-fail 7'],
    [{ SECONDARY_VM_EXEC_CONTROL: '0x0' }, 'ok'],
    [{ VM_EXIT_CONTROLS: '0xffffffff' }, 'vm-fail 7'],
    [{ VM_EXIT_CONTROLS: '0x0' }, 'vm-fail 7'],
    [{ VM_ENTRY_CONTROLS: '0xffffffff' }, 'vm-fail 7'],
    [{ VM_ENTRY_CONTROLS: '0x0' }, 'vm-fail 7'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0x4006172', SECONDARY_VM_EXEC_CONTROL: '0xffffffff' }, 'ok'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0x86006172', IO_BITMAP_B: '0x1' }, 'vm-fail 7'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0x94006172', MSR_BITMAP: '0x400000000000' }, 'vm-fail 7'],
    [{ SECONDARY_VM_EXEC_CONTROL: '0x4000', VMREAD_BITMAP: '0x800' }, 'vm-fail 7'],
    [{ SECONDARY_VM_EXEC_CONTROL: '0x10' }, 'vm-fail 7'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0x84206172', TPR_THRESHOLD: '0x10' }, 'vm-fail 7'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0x84206172', TPR_THRESHOLD: '0x1' }, 'vm-fail 7'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0x84206172', TPR_THRESHOLD: '0x0' }, 'ok'],
    [{ PIN_BASED_VM_EXEC_CONTROL: '0x36' }, 'vm-fail 7'],
    [{ CPU_BASED_VM_EXEC_CONTROL: '0x84406172' }, 'vm-fail 7'],
    [{ ...NMI, CPU_BASED_VM_EXEC_CONTROL: '0x84406172' }, 'ok'],
    [{ SECONDARY_VM_EXEC_CONTROL: '0x1', APIC_ACCESS_ADDR: '0x123' }, 'vm-fail 7'],
    [{ PIN_BASED_VM_EXEC_CONTROL: '0x96' }, 'vm-fail 7'],
    [{ VM_EXIT_CONTROLS: '0x436ffb' }, 'vm-fail 7'],
    [{ VM_EXIT_CONTROLS: '0x436ffb', PIN_BASED_VM_EXEC_CONTROL: '0x56' }, 'ok'],
    [{ VM_EXIT_MSR_STORE_COUNT: '0x1', VM_EXIT_MSR_STORE_ADDR: '0x8' }, 'vm-fail 7'],
    [{ VM_ENTRY_MSR_LOAD_COUNT: '0x2', VM_ENTRY_MSR_LOAD_ADDR: '0x3ffffffffff0' }, 'vm-fail 7'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000100' }, 'vm-fail 7'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000203' }, 'vm-fail 7'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x8000030e' }, 'vm-fail 7'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000b0e' }, 'ok'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000603', VM_ENTRY_INSTRUCTION_LEN: '0x10' }, 'vm-fail 7'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000603', VM_ENTRY_INSTRUCTION_LEN: '0x0' }, 'vm-fail 7'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000480', VM_ENTRY_INSTRUCTION_LEN: '0x0' }, 'vm-fail 7'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000501', VM_ENTRY_INSTRUCTION_LEN: '0x0' }, 'vm-fail 7'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000501', VM_ENTRY_INSTRUCTION_LEN: '0x1' }, 'ok'],
    [{ VM_ENTRY_INTR_INFO_FIELD: '0x80000480', VM_ENTRY_INSTRUCTION_LEN: '0xf' }, 'ok'],
    [{ HOST_CS_SELECTOR: '0x0' }, 'vm-fail 8'],
    [{ HOST_TR_SELECTOR: '0x44' }, 'vm-fail 8'],
    [{ HOST_GS_BASE: '0x800000000000' }, 'vm-fail 8'],
    [{ HOST_IA32_SYSENTER_EIP: '0x800000000000' }, 'vm-fail 8'],
    [{ VM_EXIT_CONTROLS: '0xb6ffb', HOST_IA32_PAT: '0x2' }, 'vm-fail 8'],
    [{ HOST_RIP: '0x800000000000' }, 'vm-fail 8'],
    [{ VMCS_LINK_POINTER: '0x1000' }, 'exit 80000021 4'],
    [{ VM_ENTRY_CONTROLS: '0x53fb', GUEST_IA32_PAT: '0x3' }, 'exit 80000021 0'],
    [{ VM_ENTRY_CONTROLS: '0x13ff', GUEST_DR7: '0x100000000' }, 'exit 80000021 0'],
    [{ GUEST_RFLAGS: '0x0' }, 'exit 80000021 0'],
    [{ GUEST_RFLAGS: '0x20002' }, 'exit 80000021 0'],
    [{ GUEST_RFLAGS: '0xa' }, 'exit 80000021 0'],
    [{ GUEST_RIP: '0x1000000000000' }, 'exit 80000021 0'],
    [{ GUEST_ACTIVITY_STATE: '0x2' }, 'exit 80000021 0'],
    [{ GUEST_ACTIVITY_STATE: '0x1' }, 'ok'],
    [{ GUEST_INTERRUPTIBILITY_INFO: '0x3' }, 'exit 80000021 0'],
    [{ GUEST_CS_AR_BYTES: '0xe09b' }, 'exit 80000021 0'],
    [{ GUEST_CS_AR_BYTES: '0xa093' }, 'exit 80000021 0'],
    [{ GUEST_SS_AR_BYTES: '0xc0f3' }, 'exit 80000021 0'],
    [{ GUEST_SS_AR_BYTES: '0x10000' }, 'ok'],
    [{ GUEST_DS_AR_BYTES: '0xc013' }, 'exit 80000021 0'],
    [{ GUEST_ES_LIMIT: '0xffffeeee' }, 'exit 80000021 0'],
    [{ GUEST_FS_BASE: '0x800000000000' }, 'exit 80000021 0'],
    [{ GUEST_TR_AR_BYTES: '0x83' }, 'exit 80000021 0'],
    [{ GUEST_LDTR_AR_BYTES: '0x83' }, 'exit 80000021 0'],
    [{ GUEST_GDTR_LIMIT: '0x10000' }, 'exit 80000021 0'],
  ])('%j: %s', (fields, answer) => {
    expect(enterWith(fields)).toBe(answer);
  });

  test('"enable INVPCID" needs the instruction in CPUID', () => {
    const fields = { SECONDARY_VM_EXEC_CONTROL: '0x1000' };
    expect(enterWith(fields)).toBe('ok');
    expect(enterWith(fields, { cpuid: { invpcid: false } })).toBe('vm-fail 7');
  });

  test('CR4.CET needs CR0.WP, in host and guest state', () => {
    const config = { cpuid: { cet: true } };
    const cr0 = '0x80000033';
    expect(enterWith({ GUEST_CR4: '0x8020a0' }, config)).toBe('ok');
    expect(enterWith({ GUEST_CR4: '0x8020a0', GUEST_CR0: cr0 }, config)).toBe('exit 80000021 0');
    expect(enterWith({ HOST_CR4: '0x8020a0', HOST_CR0: cr0 }, config)).toBe('vm-fail 8');
  });

  test('of two faults the earlier check answers: controls, host state, guest state', () => {
    const bad = {
      GUEST_RFLAGS: '0x0',
      HOST_CS_SELECTOR: '0x0',
      PIN_BASED_VM_EXEC_CONTROL: '0x0',
    };
    expect(enterWith(bad)).toBe('vm-fail 7');
    expect(enterWith({ ...bad, PIN_BASED_VM_EXEC_CONTROL: '0x16' })).toBe('vm-fail 8');
    expect(enterWith({ ...bad, PIN_BASED_VM_EXEC_CONTROL: '0x16', HOST_CS_SELECTOR: '0x10' })).toBe(
      'exit 80000021 0',
    );
  });
});
