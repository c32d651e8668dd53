"""The tools: the command of each in each mode, how to read what it prints, and how to install it.

A command is shell text with {url} {base} {path} {port} {conns} {secs} {secs_1} {rate} {rate_per_conn} {vus}.
A parser returns milliseconds: p50, p95, p99, max as far as the tool tells; ours also lag99.
"""
import dataclasses, json, os, re, shutil, subprocess
from typing import Callable, Optional

HERE = os.path.dirname(os.path.abspath(__file__))
P = lambda f: os.path.join(HERE, "peers", f)
SETUP = {
    "wrk": "setup.sh apt", "h2load": "setup.sh apt", "ab": "setup.sh apt", "hey": "setup.sh apt", "oha": "setup.sh oha", "goose": "setup.sh goose",
    "goose-load": "setup.sh goose", "locust": "setup.sh pip", "autocannon": "setup.sh npm", "artillery": "setup.sh npm",
    "k6": "https://github.com/grafana/k6/releases", "vegeta": "https://github.com/tsenart/vegeta/releases", "wrk2": "https://github.com/giltene/wrk2, built as `wrk2`",
}


@dataclasses.dataclass
class Tool:
    binary: Optional[str]  # None: a command of the user's, not looked for
    command: str
    parse: Callable[[str], dict]
    vus: Optional[int] = None  # its own number of users, where that differs from what was asked for
    workers: Optional[int] = None  # cores mode


def missing_text(binary):
    return f"{binary} ({SETUP.get(binary, 'no hint')})"


# ---------------------------------------------------------------- what they print
def ms(v, unit):
    return float(v) * {"us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "ns": 1e-6}[unit]


def lab_line(out):
    m = re.findall(r"LAB (\{.*\})", out)
    return json.loads(m[-1]) if m else {}


def wrk2_out(out):
    r = {}
    for k, p in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        for m in re.finditer(r"^\s+([\d.]+)\s+([\d.]+)\s+\d+\s+[\d.inf]+\s*$", out, re.M):
            if float(m[2]) >= p:
                r[k] = float(m[1]); break
    m = re.search(r"#\[Max\s+=\s+([\d.]+)", out)
    if m:
        r["max"] = float(m[1])
    return r


def brunt_out(out):
    """The summary that `brunt run --json` prints as its last line. Response time, as for every tool that knows it."""
    for line in reversed(out.strip().split("\n")):
        if not line.startswith("{"):
            continue
        try:
            d = json.loads(line)
        except ValueError:
            continue
        if d.get("type") != "summary":
            continue
        response = d.get("total", {}).get("response", {})
        r = {k: v for k in ("p50", "p95", "p99", "max") if (v := response.get(k + "_ms")) is not None}
        if (lag := d.get("lag", {}).get("p99_ms")) is not None:
            r["lag99"] = lag
        return r
    return lab_line(out)


def hey_out(out):
    r = {f"p{p}": float(m[1]) * 1e3 for p in (50, 95, 99) if (m := re.search(rf"^\s+{p}%+ in ([\d.]+) secs", out, re.M))}
    if m := re.search(r"Slowest:\s+([\d.]+) secs", out):
        r["max"] = float(m[1]) * 1e3
    return r


def ab_out(out):
    r = {f"p{p}": float(m[1]) for p in (50, 95, 99) if (m := re.search(rf"^\s+{p}%\s+(\d+)", out, re.M))}
    if m := re.search(r"^\s+100%\s+(\d+)", out, re.M):
        r["max"] = float(m[1])
    return r


def h2load_out(out):
    m = re.search(r"time for request:\s+([\d.]+)(us|ms|s)\s+([\d.]+)(us|ms|s)\s+([\d.]+)(us|ms|s)", out)
    return {"max": ms(m[3], m[4]), "mean": ms(m[5], m[6])} if m else {}


def oha_out(out):
    try:
        d = json.loads(out[out.index("{"):])
    except ValueError:
        return {}
    p = d.get("latencyPercentiles", {})
    return {"p50": p["p50"] * 1e3, "p95": p["p95"] * 1e3, "p99": p["p99"] * 1e3, "max": d["summary"]["slowest"] * 1e3} if p.get("p50") else {}


def vegeta_out(out):
    try:
        d = json.loads(out[out.index('{"latencies'):])["latencies"]
    except ValueError:
        return {}
    return {"p50": d["50th"] / 1e6, "p95": d["95th"] / 1e6, "p99": d["99th"] / 1e6, "max": d["max"] / 1e6}


def autocannon_out(out):
    try:
        d = json.loads(out[out.index("{"):])["latency"]
    except ValueError:
        return {}
    return {"p50": d["p50"], "p97.5": d["p97_5"], "p99": d["p99"], "max": d["max"]}


def artillery_out(out):
    m = re.findall(r"http\.response_time:\s+min:\s*\.*\s*\S+\s+max:\s*\.*\s*(\S+)\s+(?:mean:\s*\.*\s*\S+\s+)?median:\s*\.*\s*(\S+)\s+p95:\s*\.*\s*(\S+)\s+p99:\s*\.*\s*(\S+)", out)
    return dict(zip(("max", "p50", "p95", "p99"), map(float, m[-1]))) if m else {}


def locust_out(out):
    m = re.findall(r"^\s*Aggregated\s+((?:\d+\s+){11,})", out.split("Response time percentiles")[-1], re.M)
    if not m:
        return {}
    v = list(map(float, m[-1].split()))  # 50 66 75 80 90 95 98 99 99.9 99.99 100 | count
    return {"p50": v[0], "p95": v[5], "p99": v[7], "max": v[10]}


def goose_out(out):
    r = {}
    m = re.findall(r"^ (?:Aggregated|GET \S+|\S.*)\s+\|\s+([\d,.]+)\s+\|\s+([\d,.]+)\s+\|\s+([\d,.]+)\s+\|\s+([\d,.]+)\s+\|\s+([\d,.]+)\s+\|\s+([\d,.]+)\s*$", out.split("Slowest page load")[-1], re.M)
    if m:  # 50 75 98 99 99.9 99.99
        v = [float(x.replace(",", "")) for x in m[-1]]
        r = {"p50": v[0], "p98": v[2], "p99": v[3]}
    m = re.findall(r"^ (?:Aggregated|GET \S+)\s+\|\s+[\d.,]+\s+\|\s+[\d.,]+\s+\|\s+([\d.,]+)\s+\|\s+[\d.,]+\s*$", out, re.M)
    if m:
        r["max"] = float(m[-1].replace(",", ""))
    return r


# ---------------------------------------------------------------- what they are told
def oha_bin_json():
    """oha's flag for JSON output changed its name between versions."""
    h = subprocess.run(["oha", "--help"], capture_output=True, text=True).stdout
    return "--output-format json" if "--output-format" in h else "-j"



def brunt(mode, a):
    """Our own commands, by the same rules as everyone's."""
    b = a.brunt
    tail = " -d {secs}s --quiet --json --no-record"
    def tool(command, **more):
        return Tool(b, f"{b} run " + command + tail, brunt_out, **more)
    if mode in ("closed", "https"):
        return {"brunt": tool("{url} -u {conns}" + (" --insecure" if mode == "https" else ""))}
    if mode == "h2":
        return {"brunt": tool(f"{{url}} -u {{conns}} --http2 --shared-connections {a.h2_conns} --insecure")}
    if mode == "open":
        # Twice: as it is, and with what is due within 0.9 ms started together, which is still below a lag of 1 ms.
        # As many users as k6 may have: an open load takes more connections where the server falls behind.
        open_load = f"{{url}} --rate {{rate}}/s --max-users {a.k6_vus}"
        return {"brunt": tool(open_load), "brunt, tick 0.9 ms": tool(open_load + " --tick 900us")}
    if mode == "stall":  # as many users as k6 may have: 1 s at 500/s is 500 requests that wait at once
        return {"brunt": tool(f"{{url}} --rate {{rate}}/s --max-users {a.k6_vus}")}
    if mode == "vus":
        return {"brunt": tool(f"{{url}} -u {{vus}} --think {a.think_min:g}s..{a.think_max:g}s"),
                "brunt, no think time": tool("{url} -u 64", vus=64)}
    if mode == "journey":
        return {f"brunt {what}": tool(f"{P('journey.yaml')} {what} --target {{base}} -u {{conns}}") for what in ("bare", "templated", "journey")}
    if mode == "cores":
        decode = json.dumps({"target": "{base}", "actions": {"decode": [{"get": "/gz", "check": {"contains": a.gz_last}}]},
                             "scenarios": {"decode": {"users": a.conns, "duration": f"{a.secs}s"}}})
        plan = f"f=$(mktemp --suffix=.json); printf %s '{decode}' > $f; {b} run $f --workers WORKERS --quiet --json --no-record; rm -f $f"
        return {f"brunt {what}, {n}": Tool(b, plan.replace("WORKERS", str(n)) if what == "gz" else f"{b} run {{base}}/ok -u {{conns}} --workers {n}" + tail, brunt_out, workers=n)
                for what in ("ok", "gz") for n in (1, 2)}
    return {"brunt": Tool(b, f"{b} run {{url}} -u 1 -n 1 --quiet --no-record", brunt_out)}


def tools(mode, a):
    """name -> Tool, ours first where a binary of ours is given."""
    found = brunt(mode, a) if a.brunt else {}
    found.update({n: t if isinstance(t, Tool) else Tool(*t) for n, t in peers(mode, a).items()})
    return found


def startup(loc):
    """One request as soon as may be; the lab times the first byte and then ends the tool."""
    k6 = f"k6 run -q --no-usage-report -e MODE=closed -e VUS=1 -e SECS=1 -e URL={{url}} {P('k6.js')}"
    return {
        "wrk": ("wrk", "wrk -t1 -c1 -d1s {url}", lab_line), "h2load": ("h2load", "h2load --h1 -t1 -c1 -n1 {url}", h2load_out),
        "ab": ("ab", "ab -q -c1 -n1 {url}", ab_out), "oha": ("oha", "oha --no-tui -c1 -n1 {url}", oha_out), "hey": ("hey", "hey -c 1 -n 1 {url}", hey_out),
        "autocannon": ("autocannon", "autocannon -j -c 1 -d 1 {url}", autocannon_out), "k6": ("k6", k6, lab_line),
        "locust-fast": ("locust", "env LAB_FAST=1 LAB_PATH={path} " + loc.replace("{secs}", "1") + "-u 1 -r 1", locust_out),
    }


def cores():
    found = {f"{n} ok, {t}": Tool(n, c % t, p, workers=t) for t in (1, 2) for n, c, p in (
        ("wrk", "wrk -t%d -c{conns} -d{secs}s -s " + P("wrk.lua") + " {base}/ok", lab_line), ("h2load", "h2load --h1 -t%d -c{conns} -D{secs} {base}/ok", h2load_out))}
    return found


def journeys(loc):
    """Two requests an iteration: fixed ones, and ones with a drawn id, a JSON check and a value saved from one for the other."""
    found = {}
    for what in ("bare", "journey"):
        found[f"k6 {what}"] = ("k6", f"k6 run -q --no-usage-report -e MODE={what} -e VUS={{conns}} -e SECS={{secs}} -e BASE={{base}} {P('k6.js')}", lab_line)
        found[f"locust-fast {what}"] = ("locust", f"LAB_MODE={what} " + loc + "-u {conns} -r {conns}", locust_out)
    return found


def http2(a, oj, loc):
    """64 streams at once over a few connections, where the tool can share them; else as it does by itself."""
    streams = a.conns // a.h2_conns
    return {
        "h2load": ("h2load", f"h2load -t1 -c{a.h2_conns} -m{streams} -D{{secs}} {{url}}", h2load_out),
        "oha": ("oha", f"oha --no-tui {oj} --http2 --insecure -c{a.h2_conns} -p{streams} -z{{secs}}s {{url}}", oha_out),
        "hey": ("hey", "hey -h2 -c {conns} -z {secs}s {url}", hey_out),
        "vegeta": ("vegeta", f"echo GET {{url}} | vegeta attack -insecure -http2 -rate=0 -max-workers={{conns}} -connections={a.h2_conns} -duration={{secs}}s | vegeta report -type=json", vegeta_out),
        "k6": ("k6", f"K6_INSECURE_SKIP_TLS_VERIFY=true k6 run -q --no-usage-report -e MODE=closed -e VUS={{conns}} -e SECS={{secs}} -e URL={{url}} {P('k6.js')}", lab_line),
    }


def peers(mode, a):
    """name -> (binary, shell command, parser), or a Tool. {…} is filled per run."""
    g = os.environ.get("LAB_GOOSE", "goose-load")
    oj = oha_bin_json() if shutil.which("oha") else "-j"
    loc = "locust -f " + P("locustfile.py") + " --headless --only-summary --loglevel ERROR -H {base} --stop-timeout 2 -t {secs}s "
    goose = f"LAB_PATH={{path}} {g} --host {{base}} --run-time {{secs_1}}s --no-telnet --no-websocket "
    art = ('f=$(mktemp --suffix=.yml); printf \'{"config":{"target":"%%s","phases":[{"duration":%%d,"arrivalRate":%%d}]%s},"scenarios":[{"flow":[{"get":{"url":"%%s"}}]}]}\' '
           '{base} {secs} {rate} %s {path} > $f; ARTILLERY_DISABLE_TELEMETRY=true artillery run $f; rm -f $f')
    if mode == "startup":
        return startup(loc)
    if mode == "cores":
        return cores()
    if mode == "h2":
        return http2(a, oj, loc)
    if mode == "journey":
        return journeys(loc)
    if mode in ("closed", "https"):
        # Nobody checks the lab's own certificate.
        oi, vi, ni, ki = (" --insecure", " -insecure", "NODE_TLS_REJECT_UNAUTHORIZED=0 ", "K6_INSECURE_SKIP_TLS_VERIFY=true ") if mode == "https" else ("", "", "", "")
        goose += "--accept-invalid-certs " if mode == "https" else ""
        found = {
            "wrk": ("wrk", f"wrk -t1 -c{{conns}} -d{{secs}}s -s {P('wrk.lua')} {{url}}", lab_line),
            "h2load": ("h2load", "h2load --h1 -t1 -c{conns} -D{secs} {url}", h2load_out),
            "ab": ("ab", "ab -q -k -c{conns} -t{secs} -n100000000 {url}", ab_out),
            "oha": ("oha", f"oha --no-tui {oj}{oi} -c{{conns}} -z{{secs}}s {{url}}", oha_out),
            "hey": ("hey", "hey -c {conns} -z {secs}s {url}", hey_out),
            "vegeta": ("vegeta", f"echo GET {{url}} | vegeta attack{vi} -rate=0 -max-workers={{conns}} -connections={{conns}} -duration={{secs}}s | vegeta report -type=json", vegeta_out),
            "autocannon": ("autocannon", ni + "autocannon -j -c {conns} -d {secs} {url}", autocannon_out),
            "goose": (g, goose + "-u {conns} --startup-time 1", goose_out),
            "k6": ("k6", ki + f"k6 run -q --no-usage-report -e MODE=closed -e VUS={{conns}} -e SECS={{secs}} -e URL={{url}} {P('k6.js')}", lab_line),
            "locust-fast": ("locust", "LAB_FAST=1 LAB_PATH={path} " + loc + "-u {conns} -r {conns}", locust_out),
            "locust-http": ("locust", "LAB_PATH={path} " + loc + "-u {conns} -r {conns}", locust_out),
        }
        if mode == "https":
            del found["locust-http"]  # it would refuse the certificate; locust-fast does not look at it
        return found
    if mode in ("open", "stall"):
        d = {
            "wrk2": ("wrk2", "wrk2 -t1 -c{conns} -d{secs}s -R{rate} --latency {url}", wrk2_out),
            "vegeta": ("vegeta", "echo GET {url} | vegeta attack -rate={rate}/1s -duration={secs}s | vegeta report -type=json", vegeta_out),
            "oha": ("oha", f"oha --no-tui {oj} -c{{conns}} -z{{secs}}s -q{{rate}} {{url}}", oha_out),
            "oha-lc": ("oha", f"oha --no-tui {oj} -c{{conns}} -z{{secs}}s -q{{rate}} --latency-correction {{url}}", oha_out),
            "k6": ("k6", f"k6 run -q --no-usage-report -e MODE=open -e RATE={{rate}} -e VUS={a.k6_vus} -e SECS={{secs}} -e URL={{url}} {P('k6.js')}", lab_line),
            "hey": ("hey", "hey -c {conns} -q {rate_per_conn} -z {secs}s {url}", hey_out),
            "h2load": ("h2load", "h2load --h1 -t1 -c{conns} -D{secs} --rps={rate_per_conn} {url}", h2load_out),
            "autocannon": ("autocannon", "autocannon -j -c {conns} -d {secs} -R {rate} {url}", autocannon_out),
            "goose": (g, goose + "-u {conns} --startup-time 1 --throttle-requests {rate}", goose_out),
            "artillery": ("artillery", art % ("", ""), artillery_out),
            "locust-fast": ("locust", "LAB_FAST=1 LAB_MODE=rate LAB_PER_USER={rate_per_conn} LAB_PATH={path} " + loc + "-u {conns} -r {conns}", locust_out),
        }
        if mode == "stall":
            d["wrk"] = ("wrk", f"wrk -t1 -c{{conns}} -d{{secs}}s -s {P('wrk.lua')} {{url}}", lab_line)
            d["artillery-pool"] = ("artillery", art % (',"http":{"pool":%d}', "{conns}"), artillery_out)
            d["goose-co"] = (g, goose + "-u {conns} --startup-time 1 --throttle-requests {rate} --co-mitigation average", goose_out)
            d["k6-fewvus"] = ("k6", f"k6 run -q --no-usage-report -e MODE=open -e RATE={{rate}} -e VUS={{conns}} -e SECS={{secs}} -e URL={{url}} {P('k6.js')}", lab_line)
        return d
    if mode == "vus":
        return {
            "k6": ("k6", f"k6 run -q --no-usage-report -e MODE=vus -e VUS={{vus}} -e SECS={{secs}} -e URL={{url}} -e THINK_MIN={a.think_min} -e THINK_MAX={a.think_max} {P('k6.js')}", lab_line),
            "goose": (g, f"LAB_LO_MS={int(a.think_min * 1000)} LAB_HI_MS={int(a.think_max * 1000)} " + goose.replace("{secs_1}", "{secs}") + "-u {vus} --startup-time 5", goose_out),
            "locust-fast": ("locust", f"LAB_FAST=1 LAB_MODE=vus LAB_LO={a.think_min} LAB_HI={a.think_max} LAB_PATH={{path}} " + loc + "-u {vus} -r {vus}", locust_out),
            "locust-http": ("locust", f"LAB_MODE=vus LAB_LO={a.think_min} LAB_HI={a.think_max} LAB_PATH={{path}} " + loc + "-u {vus} -r {vus}", locust_out),
        }
