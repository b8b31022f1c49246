/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_memory - the Python type Memory: real bytes of a backed machine at a
 * kernel address, to be written, viewed and read until they are freed.
 *
 *	mem = m.memory(pfn)         <Memory 4096 bytes at 0xffff888000a3c000>
 *	np.frombuffer(mem, "u4")    a view: nothing below it can be freed now
 *	m.free_pages(pfn)           BufferError; after del view: freed
 *	mem[0], len(mem), ...       ValueError: was freed
 *
 * A free finds what it concerns in two tables that the machine has:
 *
 *	by address    0xffff888000a3c040 -> Memory       kfree, vunmap
 *	by frame      0xa3c -> Memory -> Memory          free_pages, vfree
 *
 * What kmalloc or a cache gave is only in the first: nobody can free its frames
 * by their number. Whoever frees asks ba_py_memory_idle_* first,
 * frees, and calls ba_py_memory_revoke_* with the same arguments. Both return
 * at once where no Memory was ever made, as on a machine that is not backed.
 *
 * Models: nothing of the kernel; mmap.close() of Python for the rule that
 *	what is viewed cannot go.
 * Simplified: a Memory that is dropped frees nothing, as a pointer that is
 *	forgotten frees nothing in the kernel.
 *
 * Invariants:
 *   E1 a Memory is in the tables exactly as long as it is not freed.
 *   E2 a Memory keeps its machine alive, and with it the direct map.
 *   E3 frames stay mapped side by side while there is a view of them.
 */
#ifndef BA_PY_PY_MEMORY_H
#define BA_PY_PY_MEMORY_H

#include "py/py_owner.h"

PyTypeObject *ba_py_memory_type(PyObject *module);

/*
 * A new Memory, or NULL with an exception: MemoryError when the host refuses.
 * Pre: the machine is backed and the bytes are in use, below the direct map's
 * end. `size` is in bytes and may end before the last frame does.
 *
 * object: `size` bytes that kmalloc or a cache gave, found by address only.
 *	An older Memory there is that of an object which reclaim took.
 * pages: the frames from pfn on that `size` needs.
 * mapped: frames side by side at `address`, as vmalloc and vmap place them.
 */
PyObject *ba_py_memory_object(struct ba_py_machine *machine, uint64_t address,
			      size_t size);
/*
 * What a call of kmalloc's family or of a cache gives its caller for the
 * address that it had: None for 0; an int where there are no bytes; else a
 * Memory, or NULL and the object freed again.
 */
PyObject *ba_py_memory_given(struct ba_py_machine *machine, cpu_t cpu,
			     uint64_t address, size_t size);
PyObject *ba_py_memory_pages(struct ba_py_machine *machine, pfn_t pfn,
			     size_t size);
PyObject *ba_py_memory_mapped(struct ba_py_machine *machine, uint64_t address,
			      const pfn_t *pfns, uint32_t nr, size_t size);

/*
 * Can what begins at the address, or what has bytes in these frames, be freed?
 * False, with BufferError, when there is a view of it.
 */
bool ba_py_memory_idle_at(struct ba_py_machine *machine, uint64_t address);
bool ba_py_memory_idle_each(struct ba_py_machine *machine,
			    const uint64_t *addresses, size_t nr);
bool ba_py_memory_idle_frames(struct ba_py_machine *machine, pfn_t pfn,
			      uint32_t nr);
bool ba_py_memory_idle_list(struct ba_py_machine *machine, const pfn_t *pfns,
			    size_t nr);
bool ba_py_memory_idle(struct ba_py_machine *machine);

/* It was freed: every later use raises ValueError. */
void ba_py_memory_revoke_at(struct ba_py_machine *machine, uint64_t address);
void ba_py_memory_revoke_each(struct ba_py_machine *machine,
			      const uint64_t *addresses, size_t nr);
void ba_py_memory_revoke_frames(struct ba_py_machine *machine, pfn_t pfn,
				uint32_t nr);
void ba_py_memory_revoke_list(struct ba_py_machine *machine, const pfn_t *pfns,
			      size_t nr);
void ba_py_memory_revoke(struct ba_py_machine *machine);

/* The tables' memory, when the machine goes: no Memory is left then (E2). */
void ba_py_memories_destroy(struct ba_py_machine *machine);

#endif
