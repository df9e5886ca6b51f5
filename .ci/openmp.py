"""Lends LightGBM the OpenMP library that scikit-learn's wheel brings, where the system has none. Run by .ci/setup."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

SITE = Path(sysconfig.get_path("purelib"))
WANTED = b"libgomp.so.1"


def lend_on_linux() -> None:
    """A copy of the library under the name LightGBM asks for, loaded whenever this Python starts.

    The loader matches a library by the name written inside it, so a symbolic link would not do: the name is changed
    in the copy. The new name is shorter than the old one and is closed with zero bytes, so nothing else moves.
    """
    bundled = next((SITE / "scikit_learn.libs").glob("libgomp-*.so*"))
    inside = bundled.name.encode()
    target = Path(sys.prefix) / "lib" / WANTED.decode()
    target.write_bytes(bundled.read_bytes().replace(inside + b"\0", WANTED.ljust(len(inside), b"\0") + b"\0"))
    line = f'import ctypes, sys; ctypes.CDLL(sys.prefix + "/lib/{WANTED.decode()}", mode=ctypes.RTLD_GLOBAL)\n'
    (SITE / "dealcast-openmp.pth").write_text(line, encoding="ascii")


def lend_on_macos() -> None:
    """One more folder for LightGBM's library to look in: the one where scikit-learn keeps its libomp.dylib."""
    library = SITE / "lightgbm" / "lib" / "lib_lightgbm.dylib"
    subprocess.run(["install_name_tool", "-add_rpath", "@loader_path/../../sklearn/.dylibs", library], check=True)
    subprocess.run(["codesign", "--force", "--sign", "-", library], check=True)


if __name__ == "__main__":
    lend_on_macos() if sys.platform == "darwin" else lend_on_linux()
