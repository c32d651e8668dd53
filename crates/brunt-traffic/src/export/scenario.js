// Plays generated requests with k6: every session at its time, every request at its own.
//
//   k6 run scenario.js                                        against the default target
//   TARGET=http://127.0.0.1:8080 SPEED=10 k6 run scenario.js  against another, ten times as fast
//
// Made for a schedule of {{requests}} requests in {{sessions}} sessions and {{span_s}} s, at most {{peak}} sessions at once.
// It holds none of them: it reads the document of `brunt synth` beside it.
//
//   TARGET    base URL
//   SPEED     how many times as fast as the schedule; 1 if not set
//   SCHEDULE  another document
//   VUS       users of k6. A session occupies one from before its start to its last answer: fewer than there are sessions at
//             once make sessions late, and are warned of. If not set: as many as the schedule needs, and a tenth more.
//
// A request leaves at its time, and never before the answer to the one before it of its session came; those marked
// `together` leave with the one before them, as one http.batch. Redirects are not followed: what follows them is in the
// schedule. The metric `schedule_lag` is how late requests left.

import { sleep } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import http from 'k6/http';
import { Trend } from 'k6/metrics';

const TARGET = (__ENV.TARGET || {{target}}).replace(/\/+$/, '');
const SCHEDULE = __ENV.SCHEDULE || {{schedule}};
const SPEED = Number(__ENV.SPEED || 1);
if (!(SPEED > 0)) throw new Error('SPEED must be a number above 0');

// From the scenario's start to the schedule's: all users are up by then.
const LEAD_MS = 1000;
// How long after its last request a session still counts as live: answers of loaded systems take seconds.
const TAIL_MS = 10000;
// How long the test may outlast the schedule before k6 ends it: sessions that wait for answers run late.
const OVERTIME_S = 600;

// Sessions by their start; each a list of groups of requests that leave together.
const sessions = new SharedArray('sessions', () => {
  const all = new Map();
  for (const request of JSON.parse(open(SCHEDULE)).requests) {
    if (!all.has(request.session)) all.set(request.session, []);
    const groups = all.get(request.session);
    if (request.together && groups.length > 0) groups[groups.length - 1].push(request);
    else groups.push([request]);
  }
  return [...all.values()];
});

// How long the schedule is, how many sessions are live at once, and how many requests leave at once.
const figures = new SharedArray('figures', () => {
  const turns = [];
  let widest = 1;
  let last = 0;
  for (let i = 0; i < sessions.length; i++) {
    const groups = sessions[i];
    const end = groups[groups.length - 1][0].at_ms / SPEED;
    turns.push([groups[0][0].at_ms / SPEED, 1], [end + TAIL_MS, -1]);
    for (const group of groups) widest = Math.max(widest, group.length);
    last = Math.max(last, end);
  }
  turns.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  let live = 0;
  let peak = 0;
  for (const [, change] of turns) {
    live += change;
    peak = Math.max(peak, live);
  }
  return [{ last, peak, widest }];
})[0];

if (sessions.length === 0) throw new Error('the schedule has no requests');

const VUS = Math.min(sessions.length, Number(__ENV.VUS || Math.ceil(figures.peak * 1.1)));

export const options = {
  scenarios: {
    sessions: {
      executor: 'shared-iterations',
      vus: VUS,
      iterations: sessions.length,
      maxDuration: `${Math.ceil((LEAD_MS + figures.last) / 1000) + OVERTIME_S}s`,
    },
  },
  batch: figures.widest,
  batchPerHost: figures.widest,
  discardResponseBodies: true,
  maxRedirects: 0,
  // A session begins with connections of its own, as it does with cookies.
  noVUConnectionReuse: true,
};

const lag = new Trend('schedule_lag', true);

export function setup() {
  if (VUS < Math.min(sessions.length, figures.peak)) {
    console.warn(`VUS is ${VUS}, and up to ${figures.peak} sessions are live at once: some will start late`);
  }
}

// A path below the target: what no URL may hold is percent-encoded, and without a slash it could name another host.
function urlOf(path) {
  const safe = path.replace(/%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]+|["#<>\\^`{|}]/g, encodeURIComponent);
  return TARGET + (safe.startsWith('/') ? '' : '/') + safe;
}

function built(request) {
  return {
    method: request.method,
    url: urlOf(request.path),
    body: request.body === undefined ? null : request.body,
    params: { headers: request.headers || {}, tags: { name: request.endpoint } },
  };
}

export default function () {
  for (const group of sessions[exec.scenario.iterationInTest]) {
    const due = exec.scenario.startTime + LEAD_MS + group[0].at_ms / SPEED;
    const early = due - Date.now();
    if (early > 0) sleep(early / 1000);
    lag.add(Math.max(0, Date.now() - due));
    const requests = group.map(built);
    if (requests.length > 1) {
      http.batch(requests);
    } else {
      const { method, url, body, params } = requests[0];
      http.request(method, url, body, params);
    }
  }
}
