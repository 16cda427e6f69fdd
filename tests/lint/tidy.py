#!/usr/bin/env python3
"""Runs clang-tidy on the library and the tools. What passed is remembered by the content of the file, of the project's
headers it includes, of the schemas and of .clang-tidy, beside the compiler's cache in the home folder; so a second run,
also in another checkout, looks at what changed only.

The headers take most of the time, so files of a folder are looked at together, one after the other in one source (the
analyzer would take an included .cpp for a header). Only files whose own names differ can be; and where one has a
finding, or they do not get along, they are looked at in halves, and what is looked at alone decides.

Usage: tidy.py BUILD_DIRECTORY [FILE...]     (BUILD_DIRECTORY has compile_commands.json)
       tidy.py --prove                       shows that it bites
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

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


def private_names(text):
    """What a file names for itself: constants, what stands in unnamed namespaces, aliases."""
    own = "".join(re.findall(r"^namespace \{$(.*?)^\}  // namespace$", text, re.MULTILINE | re.DOTALL))
    return {name for found in (re.findall(r"^[a-z].*?\b(k[A-Z]\w*)(?: =|[{[(])", text, re.MULTILINE),
                               re.findall(r"^(?:struct|class|enum class) (\w+)", own, re.MULTILINE),
                               re.findall(r"^[a-z].*?[ &*](\w+)\(", own, re.MULTILINE),
                               re.findall(r"^using (\w+) = ", text, re.MULTILINE)) for name in found}


def batches(files, flags):
    """Files of one folder and one set of flags whose own names differ, some ten together."""
    made = []  # (folder, flags, names, files)
    for path in files:
        names = private_names(path.read_text(encoding="utf-8")) | ({"main"} if path.parent.name == "tools" else set())
        for folder, common, taken, batch in made:
            if (folder, common) == (path.parent, flags[path]) and not names & taken and len(batch) < 10:
                taken |= names
                batch.append(path)
                break
        else:
            made.append((path.parent, flags[path], names, [path]))
    return [batch for *_, batch in made]


def tidy(path, flags):
    return subprocess.run(["clang-tidy", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", str(path), "--", *flags,
                           "-Wno-unknown-warning-option"], cwd=ROOT, capture_output=True, text=True)


def together(paths, folder):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".cpp", dir=folder, delete=False) as source:
        source.write("\n".join(path.read_text(encoding="utf-8") for path in paths))
    return source.name


def prove():
    bad = ROOT / "tests" / "lint" / "bad"
    with tempfile.TemporaryDirectory() as folder:
        for source in (bad / "tidy.cpp", together([bad / "tidy.cpp", bad / "good.cpp"], folder)):
            result = tidy(source, ["-std=c++20"])
            wanted = ["bugprone-use-after-move", "readability-identifier-naming", "clang-analyzer-core.NullDereference"]
            absent = [check for check in wanted if f"[{check},-warnings-as-errors]" not in result.stdout]
            if absent or result.returncode == 0:
                print(f"clang-tidy did not find {absent} in {source}\n{result.stdout}{result.stderr}")
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

    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        command = shlex.split(entry["command"])
        at = command.index("-o")
        flags[pathlib.Path(entry["file"])] = tuple(command[1:at])
    files = sorted(f for f in flags
                   if any(f.is_relative_to(ROOT / top) for top in ("libcore", "tools")) and (not only or f in only))
    if not files:
        print(f"{build}/compile_commands.json names no file of libcore or tools")
        return 1
    stamps = {path: cache / key_of(path, base) for path in files}
    left = [path for path in files if not stamps[path].exists()]

    def check(paths):
        """What is said of them, and how often the lint ran."""
        source = paths[0] if len(paths) == 1 else together(paths, folder)
        result = tidy(source, flags[paths[0]])
        if result.returncode == 0:
            for path in paths:
                stamps[path].write_text(str(path.relative_to(ROOT)) + "\n")
            return "", 1
        if len(paths) == 1:
            return result.stdout or result.stderr or f"clang-tidy failed on {source}\n", 1
        said, runs = zip(*(check(half) for half in (paths[:len(paths) // 2], paths[len(paths) // 2:])))
        return "".join(said), 1 + sum(runs)

    said, runs = "", 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings, ran in pool.map(check, batches(left, flags)):
            said += findings
            runs += ran
    print(f"{said}{len(files)} files, {len(left)} looked at in {runs} runs, {'findings' if said else 'no finding'}")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
