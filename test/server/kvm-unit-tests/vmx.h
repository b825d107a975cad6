#pragma once
#include "libcflat.h"
#include "processor.h"

struct vmcs;

struct vmx_test {
	const char *name;
	void (*v2)(void);
};

struct vmentry_result {
	const char *instr;
	bool vmlaunch;
	bool vm_fail;
	bool entered;
	u32 exit_reason;
	unsigned long flags;
};

enum Encoding {
	VPID			= 0x0000ul,
	IO_BITMAP_A		= 0x2000ul,
	IO_BITMAP_B		= 0x2002ul,
	MSR_BITMAP		= 0x2004ul,
	TSC_OFFSET		= 0x2010ul,
	EPTP			= 0x201aul,
	INFO_PHYS_ADDR		= 0x2400ul,
	VMCS_LINK_PTR		= 0x2800ul,
	GUEST_PAT		= 0x2804ul,
	GUEST_EFER		= 0x2806ul,
	GUEST_PDPTE		= 0x280aul,
	HOST_PAT		= 0x2c00ul,
	HOST_EFER		= 0x2c02ul,
	PIN_CONTROLS		= 0x4000ul,
	CPU_EXEC_CTRL0		= 0x4002ul,
	EXC_BITMAP		= 0x4004ul,
	PF_ERROR_MASK		= 0x4006ul,
	PF_ERROR_MATCH		= 0x4008ul,
	CR3_TARGET_COUNT	= 0x400aul,
	EXI_CONTROLS		= 0x400cul,
	ENT_CONTROLS		= 0x4012ul,
	ENT_INTR_INFO		= 0x4016ul,
	CPU_EXEC_CTRL1		= 0x401eul,
	VMX_INST_ERROR		= 0x4400ul,
	EXI_REASON		= 0x4402ul,
	EXI_INTR_INFO		= 0x4404ul,
	EXI_INTR_ERROR		= 0x4406ul,
	EXI_INST_LEN		= 0x440cul,
	GUEST_INTR_STATE	= 0x4824ul,
	GUEST_ACTV_STATE	= 0x4826ul,
	CR0_MASK		= 0x6000ul,
	CR4_MASK		= 0x6002ul,
	CR0_READ_SHADOW		= 0x6004ul,
	CR4_READ_SHADOW		= 0x6006ul,
	CR3_TARGET_0		= 0x6008ul,
	CR3_TARGET_1		= 0x600aul,
	CR3_TARGET_2		= 0x600cul,
	CR3_TARGET_3		= 0x600eul,
	EXI_QUALIFICATION	= 0x6400ul,
	GUEST_LINEAR_ADDRESS	= 0x640aul,
	GUEST_CR0		= 0x6800ul,
	GUEST_CR3		= 0x6802ul,
	GUEST_CR4		= 0x6804ul,
	GUEST_DR7		= 0x681aul,
	GUEST_RSP		= 0x681cul,
	GUEST_RIP		= 0x681eul,
	GUEST_RFLAGS		= 0x6820ul,
	HOST_CR0		= 0x6c00ul,
	HOST_CR3		= 0x6c02ul,
	HOST_CR4		= 0x6c04ul,
	HOST_RSP		= 0x6c14ul,
	HOST_RIP		= 0x6c16ul,
};

enum Reason {
	VMX_EXC_NMI		= 0,
	VMX_EPT_VIOLATION	= 48,
	VMX_EPT_MISCONFIG	= 49,
};

typedef void (*test_guest_func)(void);

int vmx_on(void);
int vmx_off(void);
int init_vmcs(struct vmcs **vmcs);
int vmcs_clear(struct vmcs *vmcs);
int make_vmcs_current(struct vmcs *vmcs);
u64 vmcs_read(enum Encoding enc);
int vmcs_write(enum Encoding enc, u64 val);
bool __invept(unsigned long type, u64 eptp);
bool __invvpid(unsigned long type, u64 vpid, u64 gla);
void test_set_guest(test_guest_func func);
void enter_guest(void);
void __enter_guest(u8 abort_flag, struct vmentry_result *result);
