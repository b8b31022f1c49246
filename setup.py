"""Builds buddyalloc._core from csrc/; everything else is in pyproject.toml.

Set to 1 in the environment: BUDDYALLOC_WERROR (the project's warnings, as
errors), BUDDYALLOC_DEBUG (BA_DEBUG=2), BUDDYALLOC_SANITIZE (debug, ASan and
UBSan), BUDDYALLOC_COVERAGE (gcov).
"""

import os
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from glob import glob
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

WARNINGS = (
    "-Wall -Wextra -Wundef -Wshadow -Wconversion -Wsign-conversion "
    "-Wstrict-prototypes -Wmissing-prototypes -Wvla -Wimplicit-fallthrough "
    "-Wswitch-enum -Werror"
)


def knob(name: str) -> bool:
    return os.environ.get(f"BUDDYALLOC_{name}", "") not in ("", "0")


SANITIZE, COVERAGE = knob("SANITIZE"), knob("COVERAGE")
DEBUG = knob("DEBUG") or SANITIZE
# The free-threaded builds have no stable ABI before 3.15.
ABI3 = not sysconfig.get_config_var("Py_GIL_DISABLED")

macros = [("Py_LIMITED_API", "0x030B0000")] if ABI3 else []
compile_args = ["-std=c11", "-fvisibility=hidden", "-pthread"]
link_args = ["-pthread"]
if knob("WERROR"):
    # As a system directory, so that Python's headers are not held to it.
    compile_args += [*WARNINGS.split(), "-isystem", sysconfig.get_path("include")]
if SANITIZE:
    link_args += ["-fsanitize=address,undefined"]
if COVERAGE:
    link_args += ["--coverage"]
if DEBUG:
    macros += [("BA_DEBUG", "2")]
compile_args += link_args[1:]
compile_args += ["-O1", "-g"] if DEBUG or COVERAGE else ["-O3"]


class BuildExt(build_ext):
    """Compiles files side by side, and across files where the tools can."""

    def build_extensions(self) -> None:
        self.force = True  # the environment may ask for other flags than last time
        if not (DEBUG or COVERAGE) and self.links_with("-flto"):
            for extension in self.extensions:
                extension.extra_compile_args.append("-flto")
                extension.extra_link_args += ["-O3", "-flto"]
        self.compiler.compile = partial(self.compile_all, self.compiler.compile)
        super().build_extensions()

    def links_with(self, flag: str) -> bool:
        """True when a library of two files builds with the flag."""
        with tempfile.TemporaryDirectory() as name:
            first, second = Path(name, "a.c"), Path(name, "b.c")
            first.write_text("int a(void);\nint a(void) { return 1; }\n")
            second.write_text(
                "int a(void);\nint b(void);\nint b(void) { return a(); }\n"
            )
            try:
                objects = self.compiler.compile(
                    [str(first), str(second)], output_dir=name, extra_postargs=[flag]
                )
                self.compiler.link_shared_object(
                    objects, str(Path(name, "ab.so")), extra_postargs=[flag]
                )
            except Exception:  # every compiler class raises its own kinds
                return False
        return True

    @staticmethod
    def compile_all(compile_some, sources, **options) -> list[str]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            each = pool.map(lambda source: compile_some([source], **options), sources)
            return [name for objects in each for name in objects]


setup(
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(
            "buddyalloc._core",
            sources=sorted(glob("csrc/**/*.c", recursive=True)),
            depends=sorted(glob("csrc/**/*.h", recursive=True)),
            include_dirs=["csrc"],
            define_macros=macros,
            extra_compile_args=compile_args,
            extra_link_args=link_args,
            py_limited_api=ABI3,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if ABI3 else {},
)
