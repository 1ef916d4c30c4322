#!/usr/bin/env python3
"""Makes C++ sources of the samples that stand in the documentation, so that they are compiled and run.

  extract.py OUTPUT_DIRECTORY PAGE.md...    prints the files written, one a line

Every ```cpp block becomes a sample. One with `int main(` becomes a program of its own, program_*.cc. Any other becomes
a function in page_*.cc, in which `client` is an open store. A comment on the line before the block says otherwise:

  <!-- sample: compile only -->   it needs what the test does not have (certificates, a cluster)
  <!-- sample: skip -->           it is not whole code

Stores at 127.0.0.1:6379, /tmp/redstart.sock and file:/tmp/ are those that run.sh has started (see sample.h).
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAD = '// Made of {page} by tests/guide/extract.py.\n#include "tests/guide/sample.h"\n'
OWN_SERVERS = re.compile(r'redstart::open\((?="(?:redis://127\.0\.0\.1:6379|unix:/tmp/redstart\.sock|file:/tmp/))')


def samples_of(text):
    """Yields (line number of the first line, mode, lines) of each block."""
    lines = text.splitlines()
    index = 0
    while index < len(lines):
        if lines[index].strip() != "```cpp":
            index += 1
            continue
        before = next((line for line in reversed(lines[:index]) if line.strip()), "")
        mode = re.fullmatch(r"<!-- sample: (compile only|skip) -->", before.strip())
        end = lines.index("```", index + 1)
        yield index + 2, mode.group(1) if mode else "run", lines[index + 1:end]
        index = end + 1


def body_of(lines):
    return OWN_SERVERS.sub("sample::open(", "\n".join(lines))


def function_of(page, number, mode, lines):
    includes = [line for line in lines if line.startswith("#include")]
    rest = ["" if line in includes else line for line in lines]
    runs = "true" if mode == "run" else "false"
    return includes, f"""
void line_{number}() {{
  [[maybe_unused]] auto client = redstart::open("memory:").value();
  {{
#line {number} "{page}"
{body_of(rest)}
  }}
}}
const sample::Sample kLine{number}("{page}:{number}", line_{number}, {runs});
"""


def sources_of(path):
    """Yields (file name, text) of what a page becomes."""
    page = path.relative_to(ROOT).as_posix()
    stem = re.sub(r"\W", "_", page.removeprefix("docs/").removesuffix(".md"))
    includes, functions = [], []
    for number, mode, lines in samples_of(path.read_text()):
        if mode == "skip":
            continue
        if any("int main(" in line for line in lines):
            prefix = "program" if mode == "run" else "compiled"
            yield (f"{prefix}_{stem}_{number}.cc",
                   HEAD.format(page=page) + f'#line {number} "{page}"\n' + body_of(lines) + "\n")
            continue
        more, function = function_of(page, number, mode, lines)
        includes += more
        functions.append(function)
    if functions:
        yield (f"page_{stem}.cc", HEAD.format(page=page) + "\n".join(sorted(set(includes))) +
               "\nnamespace {\n" + "".join(functions) + "\n}  // namespace\n")


def main():
    output = pathlib.Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    written = {}
    for name in sys.argv[2:]:
        written.update(sources_of(pathlib.Path(name).resolve()))
    for old in output.glob("*.cc"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        file = output / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
        print(file)


main()
