/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay - a recorded sequence of requests, served by the model.
 *
 *	recorded   alloc -> 0x8bef        free 0x8bef     alloc -> 0x8bdd
 *	              |                      |               |
 *	request    order, gfp, cpu     "the allocation    order, gfp, cpu
 *	              v                 known as 0x8bef"     v
 *	model      chooses m1                frees m1     chooses m2
 *	score      m1 == 0x8bef ?                         m2 == 0x8bdd ?
 *
 * The model runs free: it sees requests. A recorded frame number names an
 * allocation and keeps the score; after a mismatch the model goes on with
 * its own choice.
 *
 * A trace does not say everything. What is done about it:
 *
 * - Batched frees. mm_page_free of each page comes first, the page reaches a
 *   list at its later mm_page_free_batched. A free whose next event is
 *   mm_page_free_batched is therefore only prepared.
 * - Interrupts. mm_page_free is printed before the page is on a list,
 *   mm_page_alloc after it has left one; an interrupt that comes between
 *   makes the lines stand in the wrong order. Lines of a higher context on
 *   the same CPU mark such a place; drains and refills beside it, or else
 *   the frames of the next lines, tell which came first (`reordered`).
 *   An interrupt at a preemption depth of 2 or more may have found the
 *   per-CPU lock taken and gone to the buddy lists; what later lines say of
 *   the page tells.
 * - Requests of a CPU while another one changes the zone's counter, or holds
 *   the zone lock: see sim/moment.h and sim/order.h (`reordered`).
 * - Silent operations: bulk allocations (bulk_enter, bulk_exit). Without
 *   these events, a page that is freed without ever having been seen
 *   allocated was taken silently, and so was one that lines put on a list
 *   and that the model would hand out next while no line up to the end
 *   speaks of it again. It is taken when it is the model's choice for a
 *   request, and the request is served by the next (`silent_inferred`).
 * - The state behind the size of a refill or a drain: in 6.12 high marks
 *   decay at the vmstat worker's turn. Without kprobe events the number of
 *   lines printed under the zone lock is the amount, where it differs
 *   (`amounts_inferred`); drain lines that follow from no free are a drain of
 *   so many pages (`drains_inferred`); refill lines that belong to no request
 *   are a bulk allocation's, which had taken all pages of that list before.
 *   See sim/told.h.
 * - Counter folds of the vmstat worker. Without vmfold lines a CPU's counters
 *   are folded with a drain that only this worker makes, and all when the
 *   model has no zone above its mark for a request that the trace shows
 *   served (`folds_inferred`): which frame it got does not matter. So they
 *   are when lines printed under the zone lock tell that another zone than
 *   the model's served a request, see sim/told.h.
 * - Whether a fallback claims its pageblock, where that depends on how many
 *   pages are on LRU lists: as the extfrag line says (`claims_inferred`). Of
 *   two pages alike in the trace one may be there and the other not, while it
 *   is being reclaimed or waits in a batch.
 * - kswapd at work. Without balance lines it balances from its own line
 *   mm_vmscan_kswapd_wake to its last one before the next; if it was at work
 *   when the trace began, to its last line before the first.
 * - The node a request names, on a machine with several. It is that of the
 *   CPU, unless the page came from another although the CPU's own node had
 *   memory enough (`nodes_inferred`).
 * - Whose per-CPU lists are drained. Those of the CPU whose turn to be freed
 *   the first drained page is; of the CPU of the line if there is none.
 * - alloc_pages_exact gives back the surplus of a block page by page, past
 *   the per-CPU lists: order-0 frees of the tail of a block just allocated.
 * - A charge that fails shows as a free of a page never seen, followed by an
 *   mm_page_alloc of no page.
 *
 * Models: the places of the tracepoints in mm/page_alloc.c.
 * Simplified: reclaim and compaction are what the trace shows of them.
 *
 * Invariants:
 *   R1 exact + mismatched = allocations; failed <= mismatched.
 *   R2 a recorded frame number changes no choice of the model, only what an
 *      event speaks of and, at the places named above, an order, a silent
 *      operation, the node that a request names, a fold of counters or the
 *      lists that are drained or refilled.
 *   R3 with the whole trace in view the result does not depend on how the
 *      events are cut into slices; with less, `standard` infers less.
 */
#ifndef BA_SIM_REPLAY_H
#define BA_SIM_REPLAY_H

#include "sim/event.h"
#include "sim/machine.h"
#include "sim/tally.h"

struct ba_replay;			/* opaque */

/*
 * A replay on `machine`, which must outlive it and is used by nothing else
 * meanwhile. The replay's tables are host memory: 17 bytes a frame and five a
 * pending event; with slab lines, 149 a frame, of which most stay untouched
 * where no line speaks of a slab.
 */
enum ba_status ba_replay_create(struct ba_machine *machine,
				const struct ba_replay_options *options,
				struct ba_replay **ret);
void ba_replay_destroy(struct ba_replay *replay);

/*
 * Replay the next events. `events[0]` is the first one not yet done; at most
 * `max` are done. Unless `final`, the last BA_REPLAY_LOOKAHEAD are kept back
 * for the caller to pass again, with more behind them. *done events are done
 * and *nr_outcomes outcomes written, one for each mm_page_alloc among them;
 * `outcomes` needs room for `max`.
 *
 * With `strict`, an error of a free ends the call after that event;
 * the score's first_bad_free says which.
 */
#define BA_REPLAY_LOOKAHEAD 65536u
enum ba_status ba_replay_run(struct ba_replay *replay,
			     const struct ba_event *events, size_t nr,
			     size_t max, bool final, size_t *done,
			     struct ba_outcome *outcomes,
			     size_t *nr_outcomes);

const struct ba_replay_score *ba_replay_score(const struct ba_replay *replay);

/* NULL when slab lines are not served. */
const struct ba_slab_score *
ba_replay_slab_score(const struct ba_replay *replay);

/*
 * Samples and fallbacks collected since the last call of the matching
 * _clear. A sample is an event number and a time stamp (ns) in stamps[2 * i],
 * stamps[2 * i + 1] and a row of sim/probe.h.
 */
struct ba_replay_samples {
	const uint64_t *stamps;
	const uint32_t *rows;
	size_t nr;
};
struct ba_replay_samples ba_replay_samples(const struct ba_replay *replay);
void ba_replay_samples_clear(struct ba_replay *replay);

const struct ba_replay_fallback *
ba_replay_fallbacks(const struct ba_replay *replay, size_t *nr);
void ba_replay_fallbacks_clear(struct ba_replay *replay);

#endif
