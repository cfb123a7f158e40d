/* SPDX-License-Identifier: MIT
 * What only this file knows: how a stream runs on tiles in C.  This stands for
 * cpu.c and select.c, which the linker then leaves alone: the processor has
 * tiles, if it has what the code around them is compiled for, and rows for
 * tiles are those that checkkernels runs as OP_amx_soft. */
#define hw_cpu_detect of_processor
#include "cpu.c"
#undef hw_cpu_detect

#include "select.c"

uint32_t hw_cpu_detect(void);
uint32_t hw_cpu_detect(void)
{
	uint32_t cpu = of_processor();

	if ((cpu & HW_CPU_BF16) != 0)
		cpu |= HW_CPU_AMX;
	return cpu;
}
