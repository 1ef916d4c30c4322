#!/usr/bin/env python3
"""Checks the layout: includes go downward only, files begin with what they are, lines fit, and the page on the
configuration names every directive.

Each folder of src may include only itself and those before it in LAYERS. Files under a commands/
folder belong to the layer `commands`, wherever they are.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ["base", "tls", "resp", "command", "types", "engine", "durability", "execution", "commands", "store", "server",
          "client", "patterns", "cli"]
# The client is beside the server, not on top of it.
FORBIDDEN = {("client", "server"), ("patterns", "server"), ("store", "commands")}
LINE_MAX = 120


def layer_of(path):
    parts = pathlib.PurePosixPath(path).parts
    return "commands" if "commands" in parts[1:-1] else parts[0]


def problems_of(path):
    name = path.relative_to(ROOT / "src").as_posix()
    lines = path.read_text().splitlines()
    layer = layer_of(name)
    if layer not in LAYERS:
        yield f"{name}: the folder {layer} has no place in LAYERS"
        return
    if path.suffix == ".h" and not lines[0].startswith("//"):
        yield f"{name}: does not begin with what it is"
    for number, line in enumerate(lines, 1):
        where = f"{name}:{number}"
        if "\t" in line:
            yield f"{where}: a tab"
        if len(line) > LINE_MAX and '"' not in line:
            yield f"{where}: longer than {LINE_MAX}"
        include = re.match(r'#include "([^"]+)"', line)
        if not include or name.endswith("_test.cc"):
            continue
        target = include.group(1)
        if not (ROOT / "src" / target).exists():
            if not target.startswith("redstart/") and not (path.parent / target).exists():
                yield f"{where}: there is no {target}"
            continue
        other = layer_of(target)
        if LAYERS.index(other) > LAYERS.index(layer) or (layer, other) in FORBIDDEN:
            yield f"{where}: {layer} must not include {other} ({target})"
        if layer == "resp" and "socket" in line:
            yield f"{where}: the protocol knows no sockets"


def undocumented_directives():
    rows = (ROOT / "src/execution/directives.h").read_text().partition("kAll[] = {")[2]
    page = (ROOT / "docs/reference/configuration.md").read_text()
    for names in re.findall(r'^    \{"([\w-]+)"(?:, "([\w-]*)")?', rows, re.MULTILINE):
        for name in filter(None, names):
            if f"`{name}`" not in page:
                yield f"docs/reference/configuration.md says nothing of the directive {name}"


def main():
    paths = sorted(p for p in (ROOT / "src").rglob("*") if p.suffix in (".h", ".cc"))
    problems = [problem for path in paths for problem in problems_of(path)]
    problems += undocumented_directives()
    print("\n".join(problems) or f"{len(paths)} files are in order")
    return 1 if problems else 0


sys.exit(main())
