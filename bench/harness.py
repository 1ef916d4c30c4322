"""What benchmarks share: servers that are started and measured, the load program, the table of results."""
import json
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import time

from resp_client import free_port, wait_until_ready

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOAD = ROOT / "build" / "release" / "bench" / "load"
REDSTART = ROOT / "build" / "release" / "redstart"


class Server:
    """A server in a directory of its own, which goes with it unless it is told to start there again."""
    running = []  # stopped at the end, whatever went wrong

    def __init__(self, name, command, directory, cores=None):
        self.name, self.port, self.directory, self.cores = name, free_port(), pathlib.Path(directory), cores
        self.directory.mkdir(parents=True, exist_ok=True)
        self.command = command
        self.start()

    def start(self, ready_s=300):
        words = shlex.split(self.command.replace("{port}", str(self.port)))
        pin = None if self.cores is None else lambda: os.sched_setaffinity(0, self.cores)
        with open(self.directory / "output", "ab") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=output, cwd=self.directory, preexec_fn=pin)
        Server.running.append(self)
        self.client = wait_until_ready(self.port, self.process, ready_s)

    def stop(self, signal_name="SIGTERM"):
        Server.running.remove(self)
        self.client.close()
        self.process.send_signal({"SIGTERM": 15, "SIGKILL": 9}[signal_name])
        self.process.wait(120)

    def processes(self):
        """The server and its children."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        return [pid] + [int(child) for child in children.read_text().split()]

    def own_bytes(self):
        """Memory that goes with the server and its children: shared pages count once."""
        total = 0
        for pid in self.processes():
            try:
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
            except (FileNotFoundError, ProcessLookupError):
                pass  # a child that has just ended
        return total


def run_load(server, command, requests, pipeline=64, cores=None, **extra):
    """Starts the load program; the result of finish_load() is its line of JSON."""
    words = [LOAD, "--port", server.port, "--command", command, "--requests", requests,
             "--pipeline", pipeline, "--cpu-of", server.process.pid]
    for name, value in extra.items():
        words += ["--" + name.replace("_", "-"), value]
    pin = None if cores is None else lambda: os.sched_setaffinity(0, cores)
    return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, preexec_fn=pin)


def finish_load(run):
    output, errors = run.communicate()
    if run.returncode != 0:
        raise RuntimeError(errors.strip())
    result = json.loads(output)
    if result["errors"]:
        raise RuntimeError(result["first_error"])
    return result


def load(server, command, requests, pipeline=64, cores=None, **extra):
    return finish_load(run_load(server, command, requests, pipeline, cores, **extra))


def wait_until(condition, what, timeout_s=300, pause_s=0.02):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(pause_s)


class Table:
    def __init__(self, names):
        self.names, self.rows = names, []

    def add(self, row, unit, values, ratio=None, bar="", met=None):
        self.rows.append((row, unit, *values, ratio, bar, met))
        shown_values = ", ".join(f"{name} {value:.5g}" for name, value in zip(self.names, values))
        print(f"{row}: {shown_values} {unit}", file=sys.stderr, flush=True)

    def add_ratio(self, row, unit, values, bar, higher_is_better=False):
        """The second value over the first, against `bar`; None: no bar."""
        ratio = values[1] / values[0] if values[0] else float("inf")
        if bar is None:
            return self.add(row, unit, values, ratio)
        met = ratio >= bar if higher_is_better else ratio <= bar
        self.add(row, unit, values, ratio, f"{'≥' if higher_is_better else '≤'} {bar} ×", met)

    def show(self):
        print(f"| row | unit | {' | '.join(self.names)} | ratio | bar | met |")
        print("|" + "---|" * (5 + len(self.names)))
        for row, unit, first, second, ratio, bar, met in self.rows:
            verdict = {True: "yes", False: "**no**", None: ""}[met]
            shown_ratio = f"{ratio:.2f}" if ratio is not None else ""
            print(f"| {row} | {unit} | {shown(first)} | {shown(second)} | {shown_ratio} | {bar} | {verdict} |")


def shown(value):
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def median(values):
    return statistics.median(values)
