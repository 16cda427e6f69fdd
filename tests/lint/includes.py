#!/usr/bin/env python3
"""Reads the #include lines of libcore and tools and fails on an arrow that runs up or sideways between modules, and
on an outside library outside its home (libcore/README.md, "Floors"). --prove: shows that it bites."""

import pathlib
import re
import sys
import tempfile

# What a module may include besides itself: the floors, written out, because cli does not know all of floor 3.
BELOW_3 = {"base", "event", "schemas"}
FLOOR_3 = {"log", "venue", "state", "bus", "net"}
MAY = {
    "base": set(),
    "event": {"base", "schemas"},
    "shape": {"base", "event", "schemas"},
    "log": BELOW_3 | {"shape"},
    "venue": BELOW_3 | {"shape"},
    "state": BELOW_3 | {"shape"},
    "bus": BELOW_3 | {"shape"},
    "net": BELOW_3 | {"shape"},
    "cli": BELOW_3 | {"log", "shape", "state"},
    "flow": BELOW_3 | FLOOR_3 | {"shape"},
    "serve": BELOW_3 | FLOOR_3 | {"shape", "flow"},
    "tools": BELOW_3 | FLOOR_3 | {"shape", "flow", "cli", "serve"},
}

# Outside libraries: pattern of the include, homes as module or module/file, and whether headers may show it (or which).
LIBRARIES = [
    ("Cap'n Proto", r"(capnp|kj)/", set(MAY) - {"base"}, True),
    ("zstd", r"zstd.*\.h$|zdict\.h$", {"log"}, False),
    ("simdjson", r"simdjson", {"venue", "shape/learn.cpp"}, {"venue/walker.h"}),
    ("nlohmann/json", r"nlohmann/", {"venue/diagnose.cpp", "venue/exchange/message.cpp", "flow/play/command.cpp", "flow/diff/diff_fields.cpp"}, False),
    ("ZeroMQ", r"zmq", {"bus"}, False),
    ("CLI11", r"CLI/", {"cli", "tools"}, True),
    ("toml++", r"toml", {"cli/config.cpp", "cli/scenario.cpp"}, False),
    ("libsystemd", r"systemd/", {"flow/live/notify.cpp"}, False),
    ("OpenSSL's libcrypto", r"openssl/(evp|hmac|sha|crypto|err)\.h$", {"base/digest.cpp", "base/hmac.cpp", "net"}, False),
    ("OpenSSL", r"openssl/", {"net"}, False),
    # Headers that only net's own sources include; the public ones show nothing of Boost.
    ("Boost", r"boost/", {"net"}, {"net/asio.h", "net/corked.h", "net/http_io.h", "net/listen.h", "net/tls.h", "net/transport.h", "net/web_peer.h",
                                     "net/websocket_cause.h"}),
    ("xxHash", r"xxhash\.h$", {"base/digest.cpp"}, False),
    ("date", r"date/", {"base/time.cpp"}, False),
    ("fmt", r"fmt/", set(MAY), False),
]
SYSTEM = re.compile(r"^(sys|linux|netinet|arpa|net)/[\w/]+\.h$|^(unistd|fcntl|poll|signal|termios|dirent|fnmatch|glob|"
                    r"pthread|sched|spawn|netdb|pwd|errno|syslog|time|stdlib|string|stdio|endian|"
                    r"x86intrin|immintrin|emmintrin|arm_neon)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def place(root, path):
    """The module of a file, and its path inside libcore/tape or as tools/<name>."""
    parts = path.relative_to(root).parts
    if parts[0] == "tools":
        return "tools", "/".join(parts)
    return parts[2], "/".join(parts[2:])


def findings(root):
    found = []
    files = sorted(p for top in ("libcore/tape", "tools") for p in (root / top).rglob("*") if p.suffix in (".h", ".cpp"))
    if not files:
        found.append(f"{root}: no sources found")
    for path in files:
        module, inside = place(root, path)
        if module not in MAY:
            found.append(f"{path}: module '{module}' stands on no floor; give it one in {__file__}")
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            where, (quote, name) = f"{path.relative_to(root)}:{number}", match.groups()
            if quote == '"':
                found.append(f'{where}: "{name}": ours are included as <tape/module/file.h>')
            elif name.startswith("tape/"):
                target = name.split("/")[1]
                if target != module and target not in MAY[module]:
                    found.append(f"{where}: {module} must not know {target} (<{name}>)")
            else:
                library = next((entry for entry in LIBRARIES if re.match(entry[1], name)), None)
                if library:
                    label, _, homes, in_headers = library
                    if module not in homes and inside not in homes:
                        found.append(f"{where}: {label} is at home in {', '.join(sorted(homes))} only (<{name}>)")
                    elif path.suffix == ".h" and in_headers is not True and inside not in (in_headers or ()):
                        found.append(f"{where}: {label} must not show in a header (<{name}>)")
                elif "." in name or "/" in name:
                    if not SYSTEM.match(name):
                        found.append(f"{where}: <{name}> is of no library with a home in {__file__}")
    return found


def prove():
    """One wrong include at a time in an otherwise right tree: each must be found, and the right tree must pass."""
    right = {
        "libcore/tape/base/time.cpp": "#include <tape/base/time.h>\n#include <date/date.h>\n#include <vector>\n",
        "libcore/tape/base/time.h": "#include <cstdint>\n#include <sys/stat.h>\n",
        "libcore/tape/event/event.h": "#include <tape/base/time.h>\n#include <capnp/message.h>\n",
        "libcore/tape/log/writer.cpp": "#include <tape/event/event.h>\n#include <zstd.h>\n#include <fmt/format.h>\n",
        "libcore/tape/bus/publisher.cpp": "#include <tape/event/event.h>\n#include <zmq.hpp>\n",
        "libcore/tape/flow/play/player.cpp": "#include <tape/bus/publisher.h>\n#include <tape/log/reader.h>\n",
        "libcore/tape/cli/app.h": "#include <CLI/CLI.hpp>\n#include <tape/log/reader.h>\n",
        "tools/cat.cpp": "#include <tape/cli/app.h>\n#include <tape/flow/play/player.h>\n",
    }
    wrong = [
        ("libcore/tape/base/time.h", "#include <tape/event/event.h>", "up one floor"),
        ("libcore/tape/log/writer.cpp", "#include <tape/venue/venue.h>", "sideways"),
        ("libcore/tape/event/event.h", "#include <tape/log/reader.h>", "up"),
        ("libcore/tape/cli/app.h", "#include <tape/bus/publisher.h>", "cli knows log, event and base only"),
        ("libcore/tape/flow/play/player.cpp", "#include <tape/cli/app.h>", "sideways on floor 4"),
        ("libcore/tape/log/writer.cpp", "#include <zmq.h>", "ZeroMQ outside bus"),
        ("libcore/tape/log/reader.h", "#include <zstd.h>", "zstd in a header"),
        ("libcore/tape/base/time.cpp", "#  include  <xxhash.h>", "xxHash outside digest.cpp"),
        ("tools/cat.cpp", "#include <simdjson.h>", "simdjson in a tool"),
        ("libcore/tape/flow/play/player.cpp", "#include <systemd/sd-daemon.h>", "libsystemd outside notify.cpp"),
        ("libcore/tape/cli/app.h", "#include <toml++/toml.h>", "toml++ outside config.cpp"),
        ("tools/cat.cpp", '#include "helper.h"', "quotes"),
        ("libcore/tape/bus/publisher.cpp", "#include <leveldb/db.h>", "a library without a home"),
        ("libcore/tape/util/misc.h", "#include <vector>", "a module without a floor"),
    ]
    failures = 0
    for path, line, why in [(None, "", "the right tree passes")] + wrong:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**right, **({path: right.get(path, "") + line + "\n"} if path else {})}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            found = findings(root)
        if len(found) != (1 if path else 0):
            failures += 1
            print(f"not as expected: {why}: {path} {line}: {found}")
    print(f"{len(wrong) + 1 - failures} of {len(wrong) + 1} cases as expected")
    return failures


def main():
    if sys.argv[1:] == ["--prove"]:
        return 1 if prove() else 0
    root = pathlib.Path(__file__).resolve().parents[2]
    found = findings(root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
