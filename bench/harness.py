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
LOAD = ROOT / "build" / "release" / "bench" / "load_generator" / "load"
REDSTART = ROOT / "build" / "release" / "redstart"
SETTLE_S_MAX = 4


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
        with open(self.directory / "output", "ab") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=output, cwd=self.directory,
                                            preexec_fn=pin_to(self.cores))
        Server.running.append(self)
        self.client = wait_until_ready(self.port, self.process, ready_s)

    def stop(self, signal_name="SIGTERM"):
        Server.running.remove(self)
        self.client.close()
        self.process.send_signal({"SIGTERM": 15, "SIGKILL": 9}[signal_name])
        self.process.wait(120)

    @property
    def pid(self):
        return self.process.pid

    def cpu_ns(self):
        """The process's time so far, in user and kernel mode."""
        scheduled_time = 2  # what clock_getcpuclockid(3) makes of a process id
        return time.clock_gettime_ns((~self.pid << 3) | scheduled_time)

    def used_bytes(self):
        """used_memory, once it has stopped moving (tables grow in steps)."""
        before, deadline = -1, time.monotonic() + SETTLE_S_MAX
        while time.monotonic() < deadline:
            used = int(self.client.info("memory")["used_memory"])
            if abs(used - before) < 4096:
                break
            before = used
            time.sleep(0.5)
        return used

    def resident_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def processes(self):
        """The server and its children."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [self.pid] + [int(child) for child in children.read_text().split()]

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


def stop_all():
    for server in list(Server.running):
        server.stop()


def pin_to(cores):
    """What a child does before it becomes another program; None: nothing."""
    return None if cores is None else lambda: os.sched_setaffinity(0, cores)


def run_load(server, command, requests, pipeline=64, cores=None, program=LOAD, port=None, **extra):
    """Starts the load program; the result of finish_load() is its line of JSON."""
    words = [program, "--port", port or server.port, "--command", command, "--requests", requests,
             "--pipeline", pipeline, "--cpu-of", server.pid]
    for name, value in extra.items():
        words += ["--" + name.replace("_", "-"), value]
    return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, preexec_fn=pin_to(cores))


def finish_load(run):
    output, errors = run.communicate()
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(run.args)}: {errors.strip()}")
    result = json.loads(output)
    if result["errors"]:
        raise RuntimeError(f"{' '.join(run.args)}: {result['first_error']}")
    return result


def load(server, command, requests, pipeline=64, cores=None, **extra):
    return finish_load(run_load(server, command, requests, pipeline, cores, **extra))


def run_json(words, cores=None):
    """The line of JSON that a benchmark program prints."""
    run = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True,
                         preexec_fn=pin_to(cores))
    return json.loads(run.stdout)


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
        print_head(["row", "unit", *self.names, "ratio", "bar", "met"])
        for row, unit, first, second, ratio, bar, met in self.rows:
            shown_ratio = f"{ratio:.2f}" if ratio is not None else ""
            print_row([row, unit, shown(first), shown(second), shown_ratio, bar, verdict(met)])


def print_head(cells):
    print_row(cells)
    print("|" + "---|" * len(cells), flush=True)


def print_row(cells):
    print(f"| {' | '.join(cells)} |", flush=True)


def verdict(met):
    """None: there is no bar."""
    return {True: "yes", False: "**no**", None: ""}[met]


def shown(value):
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def median(values):
    return statistics.median(values)
