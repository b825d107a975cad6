#pragma once
#include "libcflat.h"

#define PF_VECTOR 14
#define ASM_TRY(catch) \
	"movl $0, %%gs:4\n\t" \
	".pushsection .data.ex\n\t.quad 1111f, " catch "\n\t.popsection\n\t" \
	"1111:"

unsigned exception_vector(void);
