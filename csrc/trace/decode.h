/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode - from an event's name and its name=value text to a record.
 *
 *	"mm_page_free"  "page=fffff87ac0041900 pfn=0x1064 order=1"
 *	      |                            |
 *	 ba_decode_op               ba_decode_fields
 *	      v                            v
 *	 BA_OP_PAGE_FREE          addr 0x1064, order 1
 *
 * Fields are found by their names, never by their places, so the text may
 * come from ftrace, trace-cmd or perf, and a kernel may add fields. Of a name
 * that occurs twice the first counts. perf works the fields out itself: it
 * prints ptr=0x... or ptr=(nil), and the frame's number behind page= too.
 *
 * Models: the TP_printk of include/trace/events/kmem.h (6.1, 6.12; decimal
 *	pfn as before 5.13 is read too) and compaction.h (6.1, 6.12), and
 *	kprobe events as
 *	kernel/trace/trace_kprobe.c print_kprobe_event prints them.
 * Simplified: call sites are not kept, nor what kmalloc gave for a size.
 *
 * The record of each op, where sim/event.h leaves it open:
 *	drain, decay, unreserve_ha, balance, balance_end, vmfold,
 *	quiet_vmstat, threshold,
 *	mm_compaction_end		nothing but the op
 *	isolate, splitpage		order too
 *	isolate_exit, bulk_exit		arg: low 32 bits of the value
 *	kmalloc, kmem_cache_alloc	sizes saturate
 *
 * Invariants:
 *   D1 a record is written whole: a field the op does not have is 0.
 *   D2 the result depends on the text and the table of names only, not on
 *      the cache of flag texts.
 */
#ifndef BA_TRACE_DECODE_H
#define BA_TRACE_DECODE_H

#include "sim/event.h"
#include "trace/format.h"
#include "trace/names.h"

/* X(NAME, "what is wrong, and what to do") */
#define BA_FAULTS(X)							\
	X(NONE, "no fault")						\
	X(HEADER, "no event line of the form 'task-pid [cpu] time: "	\
	  "event: ...' or 'task tid [cpu] time: system:event: ...'; "	\
	  "give the text of /sys/kernel/tracing/trace, `trace-cmd "	\
	  "report` or `perf script`")					\
	X(TIME, "the time stamp is not in seconds with 6 or 9 decimals;"\
	  " record with the trace clock 'local' or 'mono'")		\
	X(CPU, "the CPU number is out of range")			\
	X(MISSING, "the field is missing; the line is cut off or of "	\
	  "another kernel")						\
	X(VALUE, "the field's value is no number of its range")		\
	X(GFP, "the field holds a flag name this kernel does not have;"	\
	  " name the kernel that recorded the trace")			\
	X(PAGE, "the struct page address lies outside vmemmap; give the"\
	  " vmemmap and page_size of the recorded machine")		\
	X(BYTES, "bytes that are no text; record the trace again or "	\
	  "cut the damaged part out")					\
	X(TOO_LONG, "the line is longer than 4096 bytes")		\
	X(CUT, "the last line is cut off")

enum ba_fault {
#define X(name, text) BA_FAULT_##name,
	BA_FAULTS(X)
#undef X
	BA_NR_FAULTS
};

/* The sentence of a fault; "unknown fault" when out of range. */
const char *ba_fault_text(enum ba_fault fault);

#define BA_GFP_CACHE_LEN 120
#define BA_GFP_CACHE_SIZE 64

struct ba_gfp_cached {
	uint32_t len;		/* 0: empty */
	uint32_t mask;
	char text[BA_GFP_CACHE_LEN];
};

struct ba_decode {
	struct ba_gfp_names names;
	uint64_t vmemmap;	/* address of struct page 0 */
	uint32_t page_size;	/* bytes of one struct page; 0: not known */
	bool by_name_only;	/* never guess a line's layout (for tests) */
	const char *field;	/* field at fault in the last call, or NULL */
	uint64_t raw_pages;	/* page addresses kept for want of page_size */
	struct ba_gfp_cached cache[BA_GFP_CACHE_SIZE];
	struct ba_names cache_names;	/* of the slab caches */
};

/*
 * vmemmap and page_size turn the struct page addresses of kprobe events
 * into frame numbers; with page_size 0 `addr` stays the address.
 */
void ba_decode_init(struct ba_decode *decode, enum ba_gfp_layout layout,
		    uint64_t vmemmap, uint32_t page_size);

/* The op of an event's name, BA_NR_OPS when it is none of ours or a mark. */
unsigned int ba_decode_op(struct ba_span name);

/*
 * Is the text behind "event: " a mark of the recording, "pgsnap N" or
 * "pgsnap_end N"? Returns its op and sets *number (BA_FAULT_VALUE in *fault
 * when N is garbled), or BA_NR_OPS.
 */
unsigned int ba_decode_mark(struct ba_span text, uint32_t *number,
			    enum ba_fault *fault);

/*
 * Fill op, addr, gfp, arg, order and migratetype of `ret` from the text
 * behind "event: ". The other members are left alone.
 */
enum ba_fault ba_decode_fields(struct ba_decode *decode, unsigned int op,
			       struct ba_span text, struct ba_event *ret);

/* A text of GFP flags to bits, through the cache; false for unknown names. */
bool ba_decode_gfp(struct ba_decode *decode, struct ba_span text,
		   uint32_t *ret);

#endif
