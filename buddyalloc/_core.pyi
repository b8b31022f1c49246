"""Types of the compiled core. The docstrings are in csrc/py; stubtest compares."""

from collections.abc import Callable, Mapping, Sequence
from typing import (
    Any,
    ClassVar,
    Final,
    Self,
    SupportsIndex,
    TypeAlias,
    final,
    overload,
)

from _typeshed import ReadableBuffer, structseq
from numpy import ndarray
from typing_extensions import disjoint_base

_Fields: TypeAlias = tuple[tuple[str, str], ...]
_Named: TypeAlias = tuple[tuple[str, str], ...]
_Costs: TypeAlias = tuple[tuple[str, int, str], ...]
_Settings: TypeAlias = Mapping[str, SupportsIndex]
_Numbers: TypeAlias = ReadableBuffer | Sequence[SupportsIndex] | ndarray[Any, Any]

OPS: Final[_Named]
RESULTS: Final[_Named]
STEPS: Final[_Costs]
UNIT_COSTS: Final[_Costs]
MIGRATETYPES: Final[tuple[str, ...]]
ZONE_TYPES: Final[dict[str, tuple[str, ...]]]
PROBE_STATES: Final[tuple[str, ...]]
PROFILES: Final[tuple[str, ...]]
LAYOUTS: Final[tuple[str, ...]]
HANDLE_STATES: Final[tuple[str, ...]]
LRU_LISTS: Final[tuple[str, ...]]
PCP_LISTS: Final[tuple[tuple[int, str], ...]]
GFP_FLAGS: Final[dict[str, tuple[tuple[str, int], ...]]]
GFP_NAMES: Final[dict[str, tuple[tuple[str, int], ...]]]
SLAB_FLAGS: Final[tuple[tuple[str, int], ...]]

EVENT_FIELDS: Final[_Fields]
OUTCOME_FIELDS: Final[_Fields]
FRAME_FIELDS: Final[_Fields]
PAGEBLOCK_FIELDS: Final[_Fields]
HANDLE_FIELDS: Final[_Fields]
FALLBACK_FIELDS: Final[_Fields]
SAMPLE_FIELDS: Final[_Fields]

EVENT_SIZE: Final[int]
OUTCOME_SIZE: Final[int]
PAGE_SIZE: Final[int]
NR_ORDERS: Final[int]
PAGEBLOCK_ORDER: Final[int]
NR_MIGRATETYPES: Final[int]
NR_PCPTYPES: Final[int]
CPU_MAX: Final[int]
NODE_MAX: Final[int]
ZONE_MAX: Final[int]
PFN_NONE: Final[int]
ADDR_NONE: Final[int]
REPLAY_LOOKAHEAD: Final[int]
SAVE_FORMAT: Final[int]
CTX_IRQS_OFF: Final[int]
CTX_SOFTIRQ: Final[int]
CTX_HARDIRQ: Final[int]
CTX_NMI: Final[int]
CTX_DEPTH_SHIFT: Final[int]
CTX_DEPTH_UNKNOWN: Final[int]
FRAME_HEAD: Final[int]
FRAME_MOVABLE: Final[int]

class BuddyallocError(Exception): ...
class FrameError(BuddyallocError, ValueError): ...
class SlabError(BuddyallocError, ValueError): ...
class StateError(BuddyallocError, ValueError): ...
class TraceError(BuddyallocError, ValueError): ...
class InternalError(BuddyallocError, RuntimeError): ...

@final
class Records:
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def format(self) -> str: ...
    @property
    def itemsize(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Memory:
    @property
    def address(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def pfns(self) -> Records: ...
    @property
    def freed(self) -> bool: ...
    def __len__(self) -> int: ...
    def __index__(self) -> int: ...
    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> bytes: ...
    @overload
    def __setitem__(self, key: SupportsIndex, value: SupportsIndex, /) -> None: ...
    @overload
    def __setitem__(self, key: slice, value: ReadableBuffer, /) -> None: ...
    def __delitem__(self, key: SupportsIndex | slice, /) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class AllocOutcome(
    structseq[Any],
    tuple[int | None, int, int, int, int | None, int | None, int | None, int, int],
):
    __match_args__: ClassVar[tuple[str, ...]] = (
        "pfn",
        "result",
        "path",
        "latency_ns",
        "split_order",
        "fallback",
        "zone",
        "order",
        "migratetype",
    )
    @property
    def pfn(self) -> int | None: ...
    @property
    def result(self) -> int: ...
    @property
    def path(self) -> int: ...
    @property
    def latency_ns(self) -> int: ...
    @property
    def split_order(self) -> int | None: ...
    @property
    def fallback(self) -> int | None: ...
    @property
    def zone(self) -> int | None: ...
    @property
    def order(self) -> int: ...
    @property
    def migratetype(self) -> int: ...

@final
class FaultOutcome(structseq[Any], tuple[Any, int, int, int]):
    __match_args__: ClassVar[tuple[str, ...]] = (
        "handles",
        "result",
        "path",
        "latency_ns",
    )
    @property
    def handles(self) -> Any: ...
    @property
    def result(self) -> int: ...
    @property
    def path(self) -> int: ...
    @property
    def latency_ns(self) -> int: ...

@final
class TouchOutcome(structseq[int], tuple[int, int, int, int, int, int]):
    __match_args__: ClassVar[tuple[str, ...]] = (
        "hits",
        "major",
        "failed",
        "result",
        "path",
        "latency_ns",
    )
    @property
    def hits(self) -> int: ...
    @property
    def major(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def result(self) -> int: ...
    @property
    def path(self) -> int: ...
    @property
    def latency_ns(self) -> int: ...

@disjoint_base
class Machine:
    def __new__(
        cls,
        memory_bytes: SupportsIndex,
        *,
        cpus: SupportsIndex = 1,
        nodes: SupportsIndex = 1,
        arch: str = "x86_64",
        profile: str | _Settings | None = "6.1L",
        shared: bool = False,
        backed: bool = False,
        settings: _Settings | None = None,
    ) -> Self: ...
    @classmethod
    def _from_state_text(
        cls,
        text: ReadableBuffer,
        *,
        profile: str | _Settings | None = None,
        backed: bool = False,
        settings: _Settings | None = None,
    ) -> Self: ...
    @classmethod
    def _load(cls, data: ReadableBuffer, /) -> Self: ...
    def state_text(self) -> bytes: ...
    def save(self) -> bytes: ...
    def copy(self) -> Self: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]
    def state_hash(self) -> int: ...
    def check(self) -> str | None: ...
    def alloc_pages(
        self,
        gfp: SupportsIndex | str,
        order: SupportsIndex = 0,
        *,
        cpu: SupportsIndex = 0,
        node: SupportsIndex | None = None,
    ) -> int | None: ...
    def alloc_pages_outcome(
        self,
        gfp: SupportsIndex | str,
        order: SupportsIndex = 0,
        *,
        cpu: SupportsIndex = 0,
        node: SupportsIndex | None = None,
    ) -> AllocOutcome: ...
    def alloc_pages_bulk(
        self,
        gfp: SupportsIndex | str,
        nr: SupportsIndex,
        *,
        cpu: SupportsIndex = 0,
        node: SupportsIndex | None = None,
    ) -> Records: ...
    def free_pages(
        self, pfn: SupportsIndex, order: SupportsIndex = 0, *, cpu: SupportsIndex = 0
    ) -> None: ...
    def free_pages_list(
        self,
        pfns: _Numbers,
        *,
        cpu: SupportsIndex = 0,
    ) -> None: ...
    def split_page(
        self, pfn: SupportsIndex, order: SupportsIndex, *, cpu: SupportsIndex = 0
    ) -> None: ...
    def sysctl(self, name: str, value: SupportsIndex) -> None: ...
    def drain_pages(self, cpu: SupportsIndex) -> None: ...
    def drain_all_pages(self) -> None: ...
    def page_address(self, pfn: SupportsIndex) -> int: ...
    def memory(self, pfn: SupportsIndex, order: SupportsIndex = 0) -> Memory: ...
    def copy_to_user(
        self,
        handle: SupportsIndex,
        data: ReadableBuffer,
        offset: SupportsIndex = 0,
        *,
        cpu: SupportsIndex = 0,
        node: SupportsIndex | None = None,
    ) -> int: ...
    def copy_from_user(
        self,
        handle: SupportsIndex,
        size: SupportsIndex | None = None,
        offset: SupportsIndex = 0,
        *,
        cpu: SupportsIndex = 0,
        node: SupportsIndex | None = None,
    ) -> bytes | None: ...
    def fault_in(
        self,
        nr: SupportsIndex,
        kind: str = "anon",
        *,
        huge: bool = False,
        madvise: bool = False,
        dirty: bool = False,
        mm: SupportsIndex = 0,
        cpu: SupportsIndex = 0,
        node: SupportsIndex | None = None,
    ) -> FaultOutcome: ...
    def touch(
        self,
        handles: _Numbers,
        *,
        write: bool = False,
        cpu: SupportsIndex = 0,
        node: SupportsIndex | None = None,
    ) -> TouchOutcome: ...
    def release(self, handles: _Numbers, *, cpu: SupportsIndex = 0) -> None: ...
    def where(self, handles: _Numbers) -> Records: ...
    def handles(self) -> Records: ...
    def advance(self, ns: SupportsIndex) -> None: ...
    def vmstat(self) -> dict[str, int]: ...
    def zone_vmstat(self) -> list[dict[str, int]]: ...
    def zones(self) -> list[dict[str, Any]]: ...
    def free_list(
        self, zone: SupportsIndex, order: SupportsIndex, migratetype: SupportsIndex
    ) -> list[int]: ...
    def pcp_list(
        self, cpu: SupportsIndex, zone: SupportsIndex, index: SupportsIndex
    ) -> list[int]: ...
    def lru_list(self, node: SupportsIndex, lru: SupportsIndex) -> list[int]: ...
    def pcp(self, cpu: SupportsIndex, zone: SupportsIndex) -> dict[str, int]: ...
    def frames(
        self, first: SupportsIndex = 0, count: SupportsIndex | None = None
    ) -> Records: ...
    def pageblocks(self) -> Records: ...
    def sample(self) -> Records: ...
    def config(self) -> dict[str, Any]: ...
    def profile_items(self) -> dict[str, int]: ...
    def recorded(self) -> dict[str, Any] | None: ...
    @property
    def nr_cpus(self) -> int: ...
    @property
    def nr_nodes(self) -> int: ...
    @property
    def nr_zones(self) -> int: ...
    @property
    def nr_frames(self) -> int: ...
    @property
    def memory_bytes(self) -> int: ...
    @property
    def arch(self) -> str: ...
    @property
    def now_ns(self) -> int: ...
    @property
    def shared(self) -> bool: ...
    @property
    def backed(self) -> bool: ...
    @property
    def profile(self) -> str: ...
    @property
    def kernel(self) -> str | None: ...

@final
class Replay:
    def __new__(
        cls,
        machine: Machine,
        *,
        standard: bool = False,
        strict: bool = False,
        sample_events: SupportsIndex = 0,
        sample_ns: SupportsIndex = 0,
    ) -> Self: ...
    def run(
        self,
        events: ReadableBuffer,
        *,
        final: bool = True,
        progress: Callable[[int, int], object] | None = None,
    ) -> int: ...
    def outcomes(self) -> Records: ...
    def samples(self) -> tuple[Records, Records]: ...
    def fallbacks(self) -> Records: ...
    def score(self) -> dict[str, Any]: ...
    @property
    def machine(self) -> Machine: ...
    @property
    def events_done(self) -> int: ...

@final
class TraceReader:
    def __new__(
        cls,
        layout: str = "6.1",
        *,
        vmemmap: SupportsIndex = 0,
        page_size: SupportsIndex = 0,
    ) -> Self: ...
    def feed(self, text: ReadableBuffer, /) -> int: ...
    def finish(self) -> int: ...
    def take(self) -> tuple[Records, Records]: ...
    def read_format(self, text: ReadableBuffer, /) -> dict[str, Any]: ...
    def counters(self) -> dict[str, Any]: ...
    def cache_names(self) -> tuple[str, ...]: ...

def gfp_format(layout: str, value: SupportsIndex, /) -> str: ...
def gfp_parse(layout: str, text: str, /) -> int: ...
def profile_by_name(name: str, /) -> dict[str, int]: ...
def profile_for_kernel(version: str, /) -> tuple[str, dict[str, int]]: ...
def profile_items() -> tuple[dict[str, Any], ...]: ...
def config_items() -> tuple[dict[str, Any], ...]: ...
def unusable_free_index(
    nr_free: Sequence[SupportsIndex], order: SupportsIndex, /
) -> int: ...
def fragmentation_index(
    nr_free: Sequence[SupportsIndex], order: SupportsIndex, /
) -> int: ...
def index_table(counts: ReadableBuffer, /) -> tuple[Records, Records]: ...
def compare_states(a: ReadableBuffer, b: ReadableBuffer, /) -> dict[str, int]: ...
def slab_layout(
    object_size: SupportsIndex,
    align: SupportsIndex = 0,
    flags: SupportsIndex | str = 0,
    ctor: bool = False,
    useroffset: SupportsIndex = 0,
    usersize: SupportsIndex = 0,
    *,
    kernel: str = "6.1",
    freeptr_offset: SupportsIndex | None = None,
    nr_cpus: SupportsIndex = 1,
    min_objects: SupportsIndex = 0,
    min_order: SupportsIndex = 0,
    max_order: SupportsIndex = 3,
    debug: SupportsIndex | str = 0,
    debug_no_growth: bool = False,
) -> dict[str, int]: ...
