/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/assert.h"

#include <sys/wait.h>
#include <unistd.h>

#include "testlib.h"

/* The condition of a tier is counted, so a test sees whether it ran. */
static bool counted(bool value, int *runs)
{
	(*runs)++;
	return value;
}

/* flag 0 --false--> 0 --true--> 1 --false--> 1: A2, and no process dies. */
TEST(a2_bug_on_marks_and_stays_marked)
{
	uint32_t broken = 0;
	int runs = 0;

	CHECK(!BA_BUG_ON(counted(false, &runs), &broken));
	CHECK_EQ(broken, 0);
	CHECK(BA_BUG_ON(counted(true, &runs), &broken));
	CHECK_EQ(broken, 1);
	CHECK(!BA_BUG_ON(counted(false, &runs), &broken));
	CHECK_EQ(broken, 1);
	CHECK_EQ(runs, 3);
}

/* A1: what runs depends on the build, a condition that holds never traps. */
TEST(a1_inactive_tier_is_not_evaluated)
{
	int debug = 0, expensive = 0;

	ba_dassert(counted(true, &debug));
	ba_xassert(counted(true, &expensive));
	CHECK_EQ(debug, BA_DEBUG >= 1);
	CHECK_EQ(expensive, BA_DEBUG >= 2);
}

/* Expect a signal in a debug build, a clean exit in a release build. */
TEST(failed_dassert_traps_in_debug_builds_only)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		volatile int one = 1;

		ba_dassert(one == 2);
		_exit(one == 1 ? 0 : 1);
	}
	REQUIRE(waitpid(child, &status, 0) == child);
	if (BA_DEBUG >= 1)
		CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
	else
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
