// SPDX-License-Identifier: GPL-2.0-only
#include "mm/cost.h"

struct price {
	const char *name;
	const char *text;
	uint32_t ns;
};

static const struct price steps[] = {
#define X(name, ns, text) { #name, text, ns },
	BA_STEPS(X)
#undef X
};

static const struct price units[] = {
#define X(name, ns, text) { #name, text, ns },
	BA_UNIT_COSTS(X)
#undef X
};

#define NR_UNITS (sizeof(units) / sizeof(units[0]))

const char *ba_step_name(unsigned int i)
{
	return i < BA_NR_STEPS ? steps[i].name : NULL;
}

const char *ba_step_text(unsigned int i)
{
	return i < BA_NR_STEPS ? steps[i].text : NULL;
}

uint32_t ba_step_ns(unsigned int i)
{
	return i < BA_NR_STEPS ? steps[i].ns : 0;
}

const char *ba_unit_cost_name(unsigned int i)
{
	return i < NR_UNITS ? units[i].name : NULL;
}

const char *ba_unit_cost_text(unsigned int i)
{
	return i < NR_UNITS ? units[i].text : NULL;
}

uint32_t ba_unit_cost_ns(unsigned int i)
{
	return i < NR_UNITS ? units[i].ns : 0;
}
