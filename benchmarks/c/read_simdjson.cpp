// SPDX-License-Identifier: GPL-2.0-only
/*
 * read_simdjson - the same events as a line of JSON each, by simdjson's
 * on-demand interface.
 *
 *	read_simdjson FILE	prints events, allocated pages, CPU ns
 */
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <simdjson.h>

using namespace simdjson;

static uint64_t cpu_ns()
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return static_cast<uint64_t>(t.tv_sec) * 1000000000u +
	       static_cast<uint64_t>(t.tv_nsec);
}

int main(int argc, char **argv)
{
	unsigned long long events = 0, pages = 0, sum = 0;
	uint64_t start;

	if (argc != 2)
		return 2;
	padded_string text = padded_string::load(argv[1]);
	ondemand::parser parser;
	start = cpu_ns();
	ondemand::document_stream lines = parser.iterate_many(text, 1 << 20);
	for (auto line : lines) {
		std::string_view event;
		uint64_t order = 0;

		for (auto field : line.get_object()) {
			std::string_view name = field.unescaped_key();
			auto value = field.value();

			if (name == "event") {
				event = value.get_string();
			} else if (name == "order") {
				order = value.get_uint64();
			} else if (value.type() ==
				   ondemand::json_type::number) {
				sum += static_cast<uint64_t>(
					double(value.get_double()));
			} else {
				sum += std::string_view(value.get_string())
					       .size();
			}
		}
		events++;
		if (event == "mm_page_alloc")
			pages += 1ull << order;
	}
	std::printf("%llu %llu %llu\n", events, pages,
		    static_cast<unsigned long long>(cpu_ns() - start));
	return sum == 1;	/* never */
}
