// SPDX-License-Identifier: GPL-2.0-only
#include "mm/vmap_tree.h"

#include "base/assert.h"

/* ---- nodes ------------------------------------------------------- */

static uint64_t most_of(const struct ba_vmap_area *areas, uint32_t id)
{
	return id ? areas[id].most : 0;
}

/* What T2 demands of a node whose children are right. */
static uint64_t most_below(const struct ba_vmap_area *areas, uint32_t id)
{
	const struct ba_vmap_area *a = &areas[id];
	uint64_t most = ba_vmap_size(a);

	if (most_of(areas, a->left) > most)
		most = most_of(areas, a->left);
	if (most_of(areas, a->right) > most)
		most = most_of(areas, a->right);
	return most;
}

void ba_vmap_tree_resized(struct ba_vmap_area *areas, uint32_t id)
{
	for (; id; id = areas[id].parent)
		areas[id].most = most_below(areas, id);
}

/* Hang `to` where `from` hung; `to` may be 0. */
static void replace_child(struct ba_vmap_area *areas, uint32_t *root,
			  uint32_t from, uint32_t to)
{
	uint32_t parent = areas[from].parent;

	if (!parent)
		*root = to;
	else if (areas[parent].left == from)
		areas[parent].left = to;
	else
		areas[parent].right = to;
	if (to)
		areas[to].parent = parent;
}

/* The child on one side goes up, the node down to the other side. */
static void rotate(struct ba_vmap_area *areas, uint32_t *root, uint32_t id,
		   bool left_goes_up)
{
	struct ba_vmap_area *a = &areas[id];
	uint32_t up = left_goes_up ? a->left : a->right;
	uint32_t middle = left_goes_up ? areas[up].right : areas[up].left;

	replace_child(areas, root, id, up);
	if (left_goes_up) {
		a->left = middle;
		areas[up].right = id;
	} else {
		a->right = middle;
		areas[up].left = id;
	}
	if (middle)
		areas[middle].parent = id;
	a->parent = up;
	a->most = most_below(areas, id);
	areas[up].most = most_below(areas, up);
}

static bool is_red(const struct ba_vmap_area *areas, uint32_t id)
{
	return id && areas[id].red;
}

/* ---- insert ------------------------------------------------------ */

static void balance_after_insert(struct ba_vmap_area *areas, uint32_t *root,
				 uint32_t id)
{
	while (is_red(areas, areas[id].parent)) {
		uint32_t parent = areas[id].parent;
		uint32_t grand = areas[parent].parent;
		bool left = areas[grand].left == parent;
		uint32_t uncle = left ? areas[grand].right : areas[grand].left;

		if (is_red(areas, uncle)) {
			areas[parent].red = areas[uncle].red = 0;
			areas[grand].red = 1;
			id = grand;
			continue;
		}
		/* an inner grandchild becomes an outer one first */
		if (id == (left ? areas[parent].right : areas[parent].left)) {
			rotate(areas, root, parent, !left);
			parent = id;
		}
		areas[parent].red = 0;
		areas[grand].red = 1;
		rotate(areas, root, grand, left);
		break;
	}
	areas[*root].red = 0;
}

void ba_vmap_tree_insert(struct ba_vmap_area *areas, uint32_t *root,
			 uint32_t id)
{
	struct ba_vmap_area *a = &areas[id];
	uint32_t parent = 0, at = *root;

	while (at) {
		parent = at;
		ba_dassert(a->end <= areas[at].start ||
			   a->start >= areas[at].end);
		at = a->end <= areas[at].start ? areas[at].left :
						 areas[at].right;
	}
	a->parent = parent;
	a->left = a->right = a->next = 0;
	a->red = 1;
	if (!parent)
		*root = id;
	else if (a->end <= areas[parent].start)
		areas[parent].left = id;
	else
		areas[parent].right = id;
	ba_vmap_tree_resized(areas, id);
	balance_after_insert(areas, root, id);
}

/* ---- erase ------------------------------------------------------- */

/*
 * A black node is gone below `parent`, on the side that `left` says: its
 * side has a black node too few.
 */
static void balance_after_erase(struct ba_vmap_area *areas, uint32_t *root,
				uint32_t parent, bool left)
{
	while (parent) {
		struct ba_vmap_area *p = &areas[parent];
		uint32_t sibling = left ? p->right : p->left, near, far;

		if (is_red(areas, sibling)) {
			areas[sibling].red = 0;
			p->red = 1;
			rotate(areas, root, parent, !left);
			sibling = left ? p->right : p->left;
		}
		near = left ? areas[sibling].left : areas[sibling].right;
		far = left ? areas[sibling].right : areas[sibling].left;
		if (!is_red(areas, near) && !is_red(areas, far)) {
			areas[sibling].red = 1;
			if (p->red) {
				p->red = 0;
				return;
			}
			left = areas[p->parent].left == parent;
			parent = p->parent;
			continue;
		}
		if (!is_red(areas, far)) {
			areas[near].red = 0;
			areas[sibling].red = 1;
			rotate(areas, root, sibling, left);
			far = sibling;
			sibling = near;
		}
		areas[sibling].red = p->red;
		p->red = 0;
		areas[far].red = 0;
		rotate(areas, root, parent, !left);
		return;
	}
}

/* The node that follows takes the place of one with two children. */
static void swap_with_next(struct ba_vmap_area *areas, uint32_t *root,
			   uint32_t id)
{
	uint32_t next = ba_vmap_tree_next(areas, id);
	uint32_t above = areas[next].parent, below = areas[next].right;
	struct ba_vmap_area *a = &areas[id], *n = &areas[next];
	uint8_t red = n->red;

	replace_child(areas, root, id, next);
	n->left = a->left;
	areas[n->left].parent = next;
	if (above == id) {
		n->right = id;
		a->parent = next;
	} else {
		n->right = a->right;
		areas[n->right].parent = next;
		areas[above].left = id;
		a->parent = above;
	}
	a->left = 0;
	a->right = below;
	if (below)
		areas[below].parent = id;
	n->red = a->red;
	a->red = red;
}

void ba_vmap_tree_erase(struct ba_vmap_area *areas, uint32_t *root,
			uint32_t id)
{
	struct ba_vmap_area *a = &areas[id];
	uint32_t child, parent;
	bool left;

	if (a->left && a->right)
		swap_with_next(areas, root, id);
	child = a->left ? a->left : a->right;
	parent = a->parent;
	left = parent && areas[parent].left == id;
	replace_child(areas, root, id, child);
	ba_vmap_tree_resized(areas, parent);
	if (child)
		areas[child].red = 0;
	else if (!a->red)
		balance_after_erase(areas, root, parent, left);
	a->parent = a->left = a->right = a->next = 0;
	a->red = 0;
}

/* ---- look up ----------------------------------------------------- */

uint32_t ba_vmap_tree_find(const struct ba_vmap_area *areas, uint32_t root,
			   uint64_t address)
{
	while (root) {
		const struct ba_vmap_area *a = &areas[root];

		if (address < a->start)
			root = a->left;
		else if (address >= a->end)
			root = a->right;
		else
			break;
	}
	return root;
}

uint32_t ba_vmap_tree_first(const struct ba_vmap_area *areas, uint32_t root)
{
	while (root && areas[root].left)
		root = areas[root].left;
	return root;
}

uint32_t ba_vmap_tree_next(const struct ba_vmap_area *areas, uint32_t id)
{
	uint32_t from;

	if (areas[id].right)
		return ba_vmap_tree_first(areas, areas[id].right);
	do {
		from = id;
		id = areas[id].parent;
	} while (id && areas[id].right == from);
	return id;
}

void ba_vmap_tree_around(const struct ba_vmap_area *areas, uint32_t root,
			 uint64_t start, uint32_t *before, uint32_t *after)
{
	*before = *after = BA_VMAP_NONE;
	while (root) {
		if (areas[root].end <= start) {
			*before = root;
			root = areas[root].right;
		} else {
			*after = root;
			root = areas[root].left;
		}
	}
}

/* ---- search for a hole ------------------------------------------- */

bool ba_vmap_fits(const struct ba_vmap_area *area,
		  const struct ba_vmap_request *request, uint64_t *start)
{
	uint64_t from = area->start > request->lo ? area->start : request->lo;
	uint64_t at = (from + request->align - 1) & ~(request->align - 1);

	/* both sums may pass the end of all addresses */
	if (at < from || at + request->size < at)
		return false;
	*start = at;
	return at + request->size <= area->end;
}

/*
 * The nearest node above that fits itself, or whose right side may hold what
 * is wanted: *below says which. 0: there is none. A right side is entered
 * once: *from moves past the node.
 */
static uint32_t climb(const struct ba_vmap_area *areas, uint32_t id,
		      uint64_t length, const struct ba_vmap_request *request,
		      uint64_t *from, bool *below)
{
	struct ba_vmap_request rest = *request;
	uint64_t start;

	rest.lo = *from;
	while ((id = areas[id].parent)) {
		*below = false;
		if (ba_vmap_fits(&areas[id], &rest, &start))
			return id;
		*below = true;
		if (most_of(areas, areas[id].right) >= length &&
		    *from <= areas[id].start) {
			*from = areas[id].start + 1;
			return id;
		}
	}
	return BA_VMAP_NONE;
}

uint32_t ba_vmap_tree_lowest(const struct ba_vmap_area *areas, uint32_t root,
			     const struct ba_vmap_request *request)
{
	struct ba_vmap_request rest = *request;
	bool exact = request->hi - request->lo == request->size;
	uint64_t length = request->size, start;
	uint32_t id = root;

	if (request->align > BA_PAGE_SIZE && !exact)
		length += request->align - 1;
	while (id) {
		const struct ba_vmap_area *a = &areas[id];
		bool below;

		if (most_of(areas, a->left) >= length && rest.lo < a->start) {
			id = a->left;
			continue;
		}
		if (ba_vmap_fits(a, &rest, &start))
			return id;
		if (most_of(areas, a->right) >= length) {
			id = a->right;
			continue;
		}
		id = climb(areas, id, length, request, &rest.lo, &below);
		if (!id || !below)
			return id;
		id = areas[id].right;
	}
	return BA_VMAP_NONE;
}

/* ---- check ------------------------------------------------------- */

static const char *check_node(const struct ba_vmap_area *areas, uint32_t id,
			      uint32_t limit)
{
	const struct ba_vmap_area *a = &areas[id];

	if (a->left >= limit || a->right >= limit)
		return "T4: a child is no area";
	if (a->start >= a->end)
		return "T1: an area is empty";
	if ((a->left && areas[a->left].parent != id) ||
	    (a->right && areas[a->right].parent != id))
		return "T4: a child has another parent";
	if (a->most != most_below(areas, id))
		return "T2: the largest size below a node is wrong";
	if (a->red && (is_red(areas, a->left) || is_red(areas, a->right)))
		return "T3: a red node has a red child";
	return NULL;
}

/* Black nodes from `id` up to the root; past `limit` steps, that many. */
static uint32_t blacks_above(const struct ba_vmap_area *areas, uint32_t id,
			     uint32_t limit)
{
	uint32_t blacks = 0, steps = 0;

	for (; id && steps < limit; id = areas[id].parent, steps++)
		blacks += !areas[id].red;
	return blacks;
}

const char *ba_vmap_tree_check(const struct ba_vmap_area *areas,
			       uint32_t root, uint32_t limit)
{
	uint32_t seen = 0, blacks = 0;
	bool met_root = !root;
	uint64_t end = 0;

	if (root >= limit || (root && areas[root].parent))
		return "T4: the root is no root";
	if (is_red(areas, root))
		return "T3: the root is red";
	for (uint32_t id = ba_vmap_tree_first(areas, root); id;
	     id = ba_vmap_tree_next(areas, id)) {
		const char *wrong = check_node(areas, id, limit);

		if (wrong)
			return wrong;
		if (seen++ == limit || areas[id].start < end)
			return "T1: areas overlap or stand in no order";
		end = areas[id].end;
		met_root = met_root || id == root;
		if (areas[id].left && areas[id].right)
			continue;
		if (!blacks)
			blacks = blacks_above(areas, id, limit);
		if (blacks != blacks_above(areas, id, limit))
			return "T3: ways down differ in black nodes";
	}
	return met_root ? NULL : "T4: no way up leads to the root";
}
