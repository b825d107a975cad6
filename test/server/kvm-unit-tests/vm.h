#pragma once
void setup_vm(void);
void *phys_to_virt(unsigned long phys);
