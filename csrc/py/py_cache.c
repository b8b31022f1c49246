// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_cache.h"

#include "py/py_errors.h"

const struct ba_kmem_cache *
ba_py_cache_exists(const struct ba_py_kmem_cache *self)
{
	const struct ba_ctx *ctx = &self->machine->ctx[0];
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, self->id);

	if (ba_likely(!self->given_up && ba_cache_exists(ctx, self->id) &&
		      cache->serial == self->serial))
		return cache;
	ba_py_fail(self->machine->state, BA_EFOREIGN,
		   "cache '%s' was destroyed; make it again with "
		   "kmem_cache_create", self->name);
	return NULL;
}

bool ba_py_cache_ready(const struct ba_py_kmem_cache *self)
{
	return ba_py_ready(self->machine) && ba_py_cache_exists(self);
}
