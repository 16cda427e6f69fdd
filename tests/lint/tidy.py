#!/usr/bin/env python3
"""Runs clang-tidy on the library and the tools. What passed is remembered by the content of the file, of the project's
headers it includes, of the schemas and of .clang-tidy, beside the compiler's cache in the home folder; so a second run,
also in another checkout, looks at what changed only.

Usage: tidy.py BUILD_DIRECTORY [FILE...]     (BUILD_DIRECTORY has compile_commands.json)
       tidy.py --prove                       shows that it bites
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r"^\s*#\s*include\s*<(tape/[^>]+)>", re.MULTILINE)


def closure(path, seen):
    """The file and every header of ours that it includes, directly or not."""
    if path in seen or not path.exists():
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        closure(ROOT / "libcore" / name, seen)


def key_of(path, base):
    seen = set()
    closure(path, seen)
    digest = hashlib.sha256(base)
    for file in sorted(seen):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def prove():
    result = subprocess.run(["clang-tidy", "--quiet", "tests/lint/bad/tidy.cpp", "--", "-std=c++20"],
                            cwd=ROOT, capture_output=True, text=True)
    wanted = ["bugprone-use-after-move", "readability-identifier-naming"]
    absent = [check for check in wanted if f"[{check},-warnings-as-errors]" not in result.stdout]
    if absent or result.returncode == 0:
        print(f"clang-tidy did not find {absent} in tests/lint/bad/tidy.cpp\n{result.stdout}{result.stderr}")
        return 1
    return 0


def main():
    if sys.argv[1:] == ["--prove"]:
        return prove()
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    build = pathlib.Path(sys.argv[1]).resolve()
    only = {pathlib.Path(name).resolve() for name in sys.argv[2:]}
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tape-tidy"
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    base = version + (ROOT / ".clang-tidy").read_bytes() + (ROOT / "CMakePresets.json").read_bytes()
    base += b"".join(path.read_bytes() for path in sorted((ROOT / "schemas").glob("*.capnp")))

    commands = json.loads((build / "compile_commands.json").read_text())
    files = sorted({pathlib.Path(entry["file"]) for entry in commands})
    files = [f for f in files if any(f.is_relative_to(ROOT / top) for top in ("libcore", "tools")) and (not only or f in only)]
    if not files:
        print(f"{build}/compile_commands.json names no file of libcore or tools")
        return 1

    def check(path):
        stamp = cache / key_of(path, base)
        if stamp.exists():
            return path, "", 0
        result = subprocess.run(["clang-tidy", "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", str(build), str(path)], cwd=ROOT, capture_output=True, text=True)
        if result.returncode == 0:
            stamp.write_text(str(path.relative_to(ROOT)) + "\n")
        return path, result.stdout + (result.stderr if result.returncode and not result.stdout else ""), 1

    failed = looked = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, output, ran in pool.map(check, files):
            looked += ran
            if output.strip():
                failed += 1
                print(output)
    print(f"{len(files)} files, {looked} looked at, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
