"""Logs: how fast they are read, learnt and made anew, beside `grep -c` and GoAccess, and how that grows with the log."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time

DAYS = (7, 28, 112)  # of a made-up shop: each four times the one before


def cost(command, out=None):
    """CPU seconds and peak memory in MB of one command, and what it printed."""
    with tempfile.TemporaryFile() as printed:
        child = subprocess.Popen(command, stdout=out or printed, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(command)}: exit code {child.returncode}")
        printed.seek(0)
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed.read()


def table(a):
    brunt = a.brunt or "brunt"
    rounds = a.rounds or 3
    with tempfile.TemporaryDirectory() as folder:
        print(f"Logs of a made-up shop, {rounds} round(s) interleaved, medians of CPU seconds; MB is peak memory\n")
        print("| lines | MB | `grep -c` | GoAccess | `brunt logs` | `brunt learn` | lines/s learnt | MB | requests made | `brunt synth` | requests/s | MB |")
        print("|---:|" + "---:|" * 11)
        for days in DAYS[: 1 if a.secs == 1 else len(DAYS)]:
            log, model = os.path.join(folder, "shop.log"), os.path.join(folder, "shop.model.json")
            made = os.path.join(folder, "made.json")
            with open(log, "wb") as out:
                cost([brunt, "logs", "--simulate", str(days)], out)
            with open(log, "rb") as lines:
                count = sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))
            commands = {
                "grep": ["grep", "-c", "GET", log],
                "goaccess": ["goaccess", log, "--log-format=COMBINED", "--no-progress", "-o", os.path.join(folder, "report.json")],
                "logs": [brunt, "logs", log],
                "learn": [brunt, "learn", log, "-o", model],
                "synth": [brunt, "synth", model, "--for", "7d", "--scale", str(days // DAYS[0]), "--to", "json", "-o", made],
            }
            if not shutil.which("goaccess"):
                del commands["goaccess"]
            seen = {name: [] for name in commands}
            for _ in range(rounds):
                for name, command in commands.items():
                    seen[name].append(cost(command))
            cpu = {name: statistics.median(run[0] for run in runs) for name, runs in seen.items()}
            memory = {name: max(run[1] for run in runs) for name, runs in seen.items()}
            requests = int(seen["synth"][-1][2].split()[1])
            goaccess = f"{cpu['goaccess']:.2f}" if "goaccess" in cpu else "-"
            print(
                f"| {count:,} | {os.path.getsize(log) / 1e6:.0f} | {cpu['grep']:.3f} | {goaccess} | {cpu['logs']:.2f} | {cpu['learn']:.2f} "
                f"| {count / cpu['learn']:,.0f} | {memory['learn']:.0f} | {requests:,} | {cpu['synth']:.2f} | {requests / cpu['synth']:,.0f} | {memory['synth']:.0f} |",
                flush=True,
            )
    print(f"\n{time.strftime('%Y-%m-%d')}, {os.cpu_count()} processors")
