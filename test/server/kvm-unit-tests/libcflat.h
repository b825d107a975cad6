/* Names of kvm-unit-tests, as far as a written test uses them: enough to compile it. */
#pragma once
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long ulong;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

void report(bool pass, const char *msg_fmt, ...) __attribute__((format(printf, 2, 3)));
void report_pass(const char *msg_fmt, ...) __attribute__((format(printf, 1, 2)));
int report_summary(void);
