/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * testlib - a test program in one header: include it once, write tests.
 *
 *	TEST(split_gives_upper_half_back)
 *	{
 *		CHECK(ba_list_empty(&list));
 *		CHECK_EQ(list.count, 3);
 *	}
 *
 * Tests run in the order in which they stand. Output is TAP; arguments are
 * parts of the names of the tests to run; exit status 0 when all passed, 1
 * when one failed, 2 when no test has such a name.
 *
 * CHECK* report and go on, REQUIRE reports and leaves the test.
 *
 * A test of much random work goes round ROUNDS(n) times: n times at full
 * speed, fewer where a sanitizer or valgrind makes each round take longer. How
 * many percent is TESTLIB_EFFORT, which the Makefile sets for each VARIANT.
 */
#ifndef BA_TESTS_TESTLIB_H
#define BA_TESTS_TESTLIB_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TESTLIB_REPORTS_MAX 10	/* failures shown per test */

#ifndef TESTLIB_EFFORT
#define TESTLIB_EFFORT 100	/* percent */
#endif
#define ROUNDS(n) (((n) * TESTLIB_EFFORT + 99) / 100)

struct testlib_test {
	const char *name;
	void (*run)(void);
	struct testlib_test *next;
};

static struct testlib_test *testlib_first, **testlib_last = &testlib_first;
static unsigned int testlib_failures;	/* of the test that runs */

static inline void testlib_add(struct testlib_test *test)
{
	*testlib_last = test;
	testlib_last = &test->next;
}

#define TEST(id)							\
	static void test_##id(void);					\
	static struct testlib_test entry_##id = { #id, test_##id, NULL };\
	__attribute__((constructor)) static void add_##id(void)		\
	{								\
		testlib_add(&entry_##id);				\
	}								\
	static void test_##id(void)

/* True when the failure should be printed. */
static inline bool testlib_fail(const char *file, int line)
{
	if (++testlib_failures > TESTLIB_REPORTS_MAX)
		return false;
	printf("# %s:%d: ", file, line);
	return true;
}

static inline bool testlib_check(bool ok, const char *text, const char *file,
				 int line)
{
	if (!ok && testlib_fail(file, line))
		printf("%s does not hold\n", text);
	return ok;
}

static inline bool testlib_check_eq(uint64_t a, uint64_t b, const char *text_a,
				    const char *text_b, const char *file,
				    int line)
{
	if (a != b && testlib_fail(file, line))
		printf("%s is %" PRId64 " (%#" PRIx64 "), %s is %" PRId64
		       " (%#" PRIx64 ")\n", text_a, (int64_t)a, a, text_b,
		       (int64_t)b, b);
	return a == b;
}

static inline bool testlib_check_str(const char *a, const char *b,
				     const char *text_a, const char *text_b,
				     const char *file, int line)
{
	bool equal = a && b ? strcmp(a, b) == 0 : a == b;

	if (!equal && testlib_fail(file, line))
		printf("%s is \"%s\", %s is \"%s\"\n", text_a,
		       a ? a : "(null)", text_b, b ? b : "(null)");
	return equal;
}

/* Each is true when it holds, so: if (!CHECK(...)) break; */
#define CHECK(cond) testlib_check((cond), #cond, __FILE__, __LINE__)
#define CHECK_EQ(a, b) \
	testlib_check_eq((uint64_t)(a), (uint64_t)(b), #a, #b, __FILE__, \
			 __LINE__)
#define CHECK_STR_EQ(a, b) \
	testlib_check_str((a), (b), #a, #b, __FILE__, __LINE__)
#define REQUIRE(cond) \
	do { \
		if (!CHECK(cond)) \
			return; \
	} while (0)

static inline bool testlib_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strstr(name, argv[i]))
			return true;
	}
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned int nr = 0, failed = 0;
	struct testlib_test *test;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (test = testlib_first; test; test = test->next) {
		if (!testlib_wanted(test->name, argc, argv))
			continue;
		testlib_failures = 0;
		test->run();
		failed += testlib_failures != 0;
		printf("%sok %u - %s\n", testlib_failures ? "not " : "", ++nr,
		       test->name);
	}
	printf("1..%u\n", nr);
	if (!nr) {
		printf("# no test has such a name\n");
		return 2;
	}
	return failed ? 1 : 0;
}

#endif
