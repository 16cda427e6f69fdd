#!/usr/bin/env python3
"""Runs one golden case of a command: tests/cli/<tool>/<case>/ with cmd, stdout, stderr and exit.

    run.py CASE BIN_DIR SAMPLES_DIR

`cmd` is a bash script. It runs in an empty folder of its own with the programs in PATH, $SAMPLES naming the sample
captures and $CASE the folder of the case. An absent file means: nothing printed, exit status 0. UPDATE_GOLDEN=1
writes what happened into the case; look at the difference as at code.
"""
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile

TIMEOUT = 120


def expected(path):
    return path.read_bytes() if path.exists() else b""


def update(path, content, empty):
    if content == empty:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def show(name, want, got):
    lines = difflib.unified_diff(
        want.decode(errors="backslashreplace").splitlines(keepends=True),
        got.decode(errors="backslashreplace").splitlines(keepends=True),
        f"{name} (expected)", f"{name} (got)")
    for line in lines:
        sys.stdout.write(line if line.endswith("\n") else line + "\n\\ no newline at end\n")


def main():
    case, programs, samples = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
    if not (case / "cmd").exists():
        sys.exit(f"{case}: no cmd")
    with tempfile.TemporaryDirectory(prefix="tape-cli-") as folder:
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}", "HOME": folder, "TMPDIR": folder, "LC_ALL": "C.UTF-8",
            "TZ": "America/St_Johns", "NO_COLOR": "1", "SAMPLES": str(samples), "CASE": str(case),
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        run = subprocess.run(["bash", "-u", str(case / "cmd")], cwd=folder, env=environment,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    got = {"stdout": run.stdout, "stderr": run.stderr, "exit": f"{run.returncode}\n".encode()}
    empty = {"stdout": b"", "stderr": b"", "exit": b"0\n"}
    if os.environ.get("UPDATE_GOLDEN") == "1":
        for name, content in got.items():
            update(case / name, content, empty[name])
        return 0
    failed = False
    for name, content in got.items():
        want = expected(case / name) or empty[name]
        if want.strip() != content.strip() if name == "exit" else want != content:
            show(name, want, content)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
