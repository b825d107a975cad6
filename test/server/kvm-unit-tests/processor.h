#pragma once
#include "libcflat.h"

#define MSR_EFER 0xc0000080

struct invpcid_desc {
	u64 pcid : 12;
	u64 rsv : 52;
	u64 addr : 64;
};

void write_cr0(ulong val);
void write_cr3(ulong val);
ulong read_cr3(void);
void write_cr4(ulong val);
void wrmsr(u32 index, u64 val);
void invlpg(volatile void *va);
int invpcid_safe(unsigned long type, struct invpcid_desc *desc);
int write_cr0_safe(ulong val);
int write_cr3_safe(ulong val);
int write_cr4_safe(ulong val);
int wrmsr_safe(u32 index, u64 val);
