#!/usr/bin/env python3
"""Checks the layout: includes go downward only, headers begin with what they are, lines fit, the page on the
configuration names every directive, links of the documentation lead somewhere, and every command is a method of the
client or said to be raw, and every method is compared with redis-server.

Each folder of src may include only itself and those before it in LAYERS. Files under a commands/
folder belong to the layer `commands`, wherever they are.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ["base", "tls", "resp", "command", "types", "engine", "durability", "execution", "commands", "store", "server",
          "client", "patterns", "cli"]
# The client is beside the server, not on top of it.
FORBIDDEN = {("client", "server"), ("patterns", "server"), ("store", "commands")}
# Where sources stand, and how they end.
FOLDERS = ["include", "src", "tests", "bench", "examples", "docs"]
SUFFIXES = (".h", ".hpp", ".cc", ".c", ".py")
LINE_MAX = 120
# Where typed methods are compared.
TYPED = "tests/differential/typed"


def layer_of(path):
    parts = pathlib.PurePosixPath(path).parts
    return "commands" if "commands" in parts[1:-1] else parts[0]


def sources():
    """All C++ and Python sources."""
    return sorted(p for folder in FOLDERS for p in (ROOT / folder).rglob("*") if p.suffix in SUFFIXES)


def style_problems(path):
    name = path.relative_to(ROOT).as_posix()
    lines = path.read_text().splitlines()
    if path.suffix in (".h", ".hpp") and not lines[0].startswith("//"):
        yield f"{name}: does not begin with what it is"
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield f"{name}:{number}: a tab"
        if len(line) > LINE_MAX:
            yield f"{name}:{number}: longer than {LINE_MAX}"


def include_problems(path):
    """Of a file of src."""
    name = path.relative_to(ROOT / "src").as_posix()
    layer = layer_of(name)
    if layer not in LAYERS:
        yield f"{name}: the folder {layer} has no place in LAYERS"
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{name}:{number}"
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


def headings(page):
    """The anchors of a page's headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken_links():
    for page in sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]):
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            target, _, anchor = link.partition("#")
            if ":" in target:
                continue
            other = (page.parent / target).resolve() if target else page
            if not other.exists() or (anchor and anchor not in headings(other)):
                yield f"{page.relative_to(ROOT)}: {link} leads nowhere"


def command_names():
    """Full names of all commands: "get", "config|set"."""
    for path in sorted((ROOT / "src").rglob("commands/*.cc")):
        text = path.read_text()
        commands = re.split(r"^REDSTART_COMMAND\(\w+\) = ", text, flags=re.MULTILINE)
        # Subcommands stand in front of their container.
        subcommands = re.findall(r'\{\.name = "([\w-]+)",\s*\.summary', commands[0])
        for number, command in enumerate(commands[1:]):
            name = re.search(r'\.name = "([\w-]+)"', command).group(1)
            yield name
            if ".subcommands" in command:
                yield from (f"{name}|{subcommand}" for subcommand in subcommands)


def untyped_commands():
    """Commands that are neither a method of the client nor said to be raw, and what is said to be raw and is typed."""
    headers = "".join(p.read_text() for p in (ROOT / "include/redstart").rglob("*.h"))
    headers += (ROOT / "src/client/subscriber.cc").read_text()
    typed = set()
    for command, subcommand in re.findall(r'"([A-Z][A-Z_]+)"(?:, "([A-Z]+)")?', headers):
        typed |= {command.lower(), f"{command}|{subcommand}".lower()}
    lines = (ROOT / "tests/layout/raw_commands.txt").read_text().splitlines()
    raw = dict(line.split(": ", 1) for line in lines if line and line[0] != "#")
    names = set(command_names())
    for name in sorted(names):
        if name not in typed and name not in raw and name.partition("|")[0] + "|*" not in raw:
            yield (f"{name}: has no typed method in include/redstart/commands, and tests/layout/raw_commands.txt "
                   "says not why")
    for name in sorted(raw):
        if name in typed and "|" not in name:
            yield f"tests/layout/raw_commands.txt: {name} has a typed method"
        if name.removesuffix("|*") not in names:
            yield f"tests/layout/raw_commands.txt: there is no command {name}"


def uncompared_methods():
    """Typed methods, or forms of them, that the comparison with redis-server does not call."""
    forms, compared = collections.Counter(), collections.Counter()
    for path in sorted((ROOT / "include/redstart/commands").glob("*.h")):
        for methods in re.findall(r"^class \w+Methods \{(.*?)^ private:", path.read_text(), re.DOTALL | re.MULTILINE):
            forms.update(re.findall(r"^  auto (\w+)\(", methods, re.MULTILINE))
    for path in sorted((ROOT / TYPED).glob("*_methods.cc")):
        entries = re.split(r'\b(?:add|add_newer|add_waiting|refused)\("', path.read_text())[1:]
        for name, body in (entry.split('"', 1) for entry in entries):
            compared[name] += 1
            if not re.search(rf"\bc\.{name}[(<]", body):
                yield f"{path.relative_to(ROOT)}: the entry {name} does not call that method"
    for name in sorted(forms | compared):
        if forms[name] != compared[name]:
            yield f"{name}: has {forms[name]} forms in include/redstart/commands and {compared[name]} in {TYPED}"


def main():
    paths = sources()
    problems = [problem for path in paths for problem in style_problems(path)]
    problems += [problem for path in paths if path.is_relative_to(ROOT / "src") for problem in include_problems(path)]
    problems += undocumented_directives()
    problems += broken_links()
    problems += untyped_commands()
    problems += uncompared_methods()
    print("\n".join(problems) or f"{len(paths)} files are in order")
    return 1 if problems else 0


sys.exit(main())
