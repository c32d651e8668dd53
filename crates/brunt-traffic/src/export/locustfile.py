"""Plays generated requests with Locust: every session at its time, every request at its own.

    locust -f locustfile.py --headless -u 1 -r 1 -H http://127.0.0.1:8080
    SPEED=10 locust -f locustfile.py --headless -u 1 -r 1 --processes 2

Made for a schedule of {{requests}} requests in {{sessions}} sessions and {{span_s}} s, at most {{peak}} sessions at once.
It holds none of them: it reads the document of `brunt synth` beside it.

    -H        base URL
    SPEED     how many times as fast as the schedule; 1 if not set
    SCHEDULE  another document

Users and spawn rate mean nothing here: the schedule says who comes when, and one user (-u 1) keeps the test open. The test
ends with the schedule. Of several workers each plays its share of the sessions; each must find the document.

A request leaves at its time, and never before the answer to the one before it of its session came; those marked `together`
leave at their own times without waiting for it. Redirects are not followed: what follows them is in the schedule.
"""

import functools
import json
import logging
import os
import re
import time
from urllib.parse import quote

import gevent
import gevent.ssl
from gevent.pool import Group
from locust import FastHttpUser, User, events, task
from locust.runners import MasterRunner, WorkerRunner

HERE = os.path.dirname(os.path.abspath(__file__))
HOST = {{target}}
SCHEDULE = os.environ.get("SCHEDULE") or os.path.join(HERE, {{schedule}})
SPEED = float(os.environ.get("SPEED") or 1)
if not SPEED > 0:
    raise ValueError("SPEED must be a number above 0")

# How often the master looks whether all workers are done, in seconds.
LOOK_S = 0.5

NOT_IN_A_URL = re.compile(r'%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]+|["#<>\\^`{|}]')


def sessions_of(file):
    """Sessions by their start; each a list of groups of requests that leave together."""
    sessions = {}
    with open(file, encoding="utf-8") as document:
        for request in json.load(document)["requests"]:
            groups = sessions.setdefault(request["session"], [])
            if request.get("together") and groups:
                groups[-1].append(request)
            else:
                groups.append([request])
    return list(sessions.values())


SESSIONS = sessions_of(SCHEDULE)


def url_of(base, path):
    """A path below the target: what no URL may hold is percent-encoded, and without a slash it could name another host."""
    safe = NOT_IN_A_URL.sub(lambda match: quote(match[0], safe=""), path)
    return base.rstrip("/") + ("" if safe.startswith("/") else "/") + safe


def due_s(request):
    """When a request is due, in seconds from the start."""
    return request["at_ms"] / 1000 / SPEED


@functools.cache
def tls(cafile=None):
    """One TLS context for all: to make one reads all certificates of the system, some 20 ms for every session else.

    As Locust's own it takes any certificate.
    """
    context = gevent.ssl.create_default_context(cafile=cafile)
    context.check_hostname = False
    context.verify_mode = gevent.ssl.CERT_NONE
    return context


class Schedule(User):
    """Keeps the test open; the sessions are played beside it."""

    @task
    def wait_for_the_end(self):
        gevent.sleep(1)


class Session(FastHttpUser):
    """One session: cookies and connections of its own."""

    abstract = True
    host = HOST
    concurrency = max((len(group) for groups in SESSIONS for group in groups), default=1)
    ssl_context_factory = staticmethod(tls)

    def __init__(self, environment, player):
        self.host = environment.host or HOST
        super().__init__(environment)
        self.client.client.redirect_response_codes = frozenset()
        self.player = player

    def play(self, groups):
        try:
            for group in groups:
                sent = [self.player.greenlets.spawn(self.send, request) for request in group[1:]]
                self.send(group[0])
                gevent.joinall(sent)
        finally:
            self.client.client.close()

    def send(self, request):
        self.player.wait_for(request)
        body = request.get("body")
        try:
            self.client.request(
                request["method"],
                url_of(self.host, request["path"]),
                name=request["endpoint"],
                data=None if body is None else body.encode(),
                headers=request.get("headers"),
            )
        except ValueError as error:  # what HTTP has no way to say: `GE T`, a header with a line break
            self.environment.events.request.fire(
                request_type=request["method"],
                name=request["endpoint"],
                response_time=0,
                response_length=0,
                exception=error,
                context={},
            )


class Player:
    """Plays this process's share of the sessions, once for every start of the test."""

    def __init__(self, environment):
        self.environment = environment
        self.index, self.count = 0, 1
        self.greenlets = Group()
        self.main = None

    def start(self):
        self.zero = time.monotonic()
        self.sent, self.late_s, self.latest_s = 0, 0.0, 0.0
        self.main = gevent.spawn(self.play)

    def play(self):
        for groups in SESSIONS[self.index :: self.count]:
            self.wait_until(due_s(groups[0][0]))
            self.greenlets.spawn(Session(self.environment, self).play, groups)
        self.greenlets.join()
        logging.info(
            "the schedule is over: %d requests left, %.1f ms late on average, %.1f ms at most",
            self.sent,
            1000 * self.late_s / max(self.sent, 1),
            1000 * self.latest_s,
        )
        self.main = None
        runner = self.environment.runner
        if isinstance(runner, WorkerRunner):
            runner.send_message("schedule_over")
        else:
            end(self.environment)

    def stop(self):
        """When the test is stopped before the schedule is over."""
        if self.main is not None:
            self.main.kill(block=False)
            self.main = None
        self.greenlets.kill(block=False)

    def wait_until(self, at_s):
        early_s = self.zero + at_s - time.monotonic()
        if early_s > 0:
            gevent.sleep(early_s)

    def wait_for(self, request):
        self.wait_until(due_s(request))
        late_s = max(0.0, time.monotonic() - self.zero - due_s(request))
        self.sent += 1
        self.late_s += late_s
        self.latest_s = max(self.latest_s, late_s)


class Shares:
    """Of the master: tells each worker its share, and ends the test when all are done."""

    def __init__(self, environment):
        self.environment = environment
        self.working = set()
        self.main = None

    def start(self):
        runner = self.environment.runner
        workers = sorted(client.id for client in runner.clients.all if client.state != "missing")
        self.working = set(workers)
        for index, worker in enumerate(workers):
            runner.send_message("schedule_share", {"index": index, "count": len(workers)}, worker)
        self.main = gevent.spawn(self.wait)

    def wait(self):
        runner = self.environment.runner
        while self.working:
            gevent.sleep(LOOK_S)
            gone = {worker for worker in self.working if worker not in runner.clients or runner.clients[worker].state == "missing"}
            for worker in gone:
                logging.warning("worker %s is gone, and the rest of its sessions with it", worker)
            self.working -= gone
        self.main = None
        end(self.environment)

    def over(self, msg, **_):
        self.working.discard(msg.node_id)

    def stop(self):
        if self.main is not None:
            self.main.kill(block=False)
            self.main = None


def end(environment):
    """Ends the test; in headless mode the program with it."""
    runner = environment.runner
    while runner.state in ("ready", "spawning"):
        gevent.sleep(0.1)
    if environment.parsed_options is not None and environment.parsed_options.headless:
        runner.quit()
    else:
        runner.stop()


@events.init.add_listener
def on_init(environment, **_):
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        part = Shares(environment)
        runner.register_message("schedule_over", part.over)
    else:
        part = Player(environment)
        if isinstance(runner, WorkerRunner):
            # A worker that came after the start has no share.
            part.index, part.count = len(SESSIONS), 1

            def on_share(msg, **_):
                part.index, part.count = msg.data["index"], msg.data["count"]

            runner.register_message("schedule_share", on_share)
    environment.events.test_start.add_listener(lambda **_: part.start())
    environment.events.test_stopping.add_listener(lambda **_: part.stop())
