// As much of k6 as `scenario.js` uses, for machines that have node but no k6: `node k6_shim.mjs scenario.js`.
//
// Users are threads that block as k6's do: `sleep` and `http` wait until the main thread, which sends, wakes them. What k6
// would refuse or quietly ignore ends the program: unknown options, fewer iterations than users, text that is no number.
// It is no load generator: only the script's behaviour is of interest.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const MODULES = ['k6', 'k6/data', 'k6/execution', 'k6/http', 'k6/metrics'];
const OPTIONS = ['scenarios', 'batch', 'batchPerHost', 'discardResponseBodies', 'maxRedirects', 'noVUConnectionReuse'];
const EXECUTOR = ['executor', 'vus', 'iterations', 'maxDuration'];

function check(condition, ...what) {
  if (!condition) throw new Error(`k6 would not take this: ${what.map((w) => JSON.stringify(w)).join(' ')}`);
}

// The script as a module of this process: its imports are what `modules` has, and `open` works as in k6, next to the script.
async function load(file, modules) {
  globalThis.__ENV = { ...process.env };
  globalThis.__k6 = modules;
  let initialising = true;
  globalThis.open = (name) => {
    check(initialising, 'open() outside of the init context');
    return fs.readFileSync(path.resolve(path.dirname(file), name), 'utf8');
  };
  let source = fs.readFileSync(file, 'utf8');
  source = source.replace(/^import (.+) from '(.+)';$/gm, (_, names, name) => {
    check(MODULES.includes(name), 'import', name);
    return names.startsWith('{') ? `const ${names} = __k6['${name}'];` : `const ${names} = __k6['${name}'].default;`;
  });
  const script = await import(`data:text/javascript;base64,${Buffer.from(source).toString('base64')}`);
  initialising = false;
  return script;
}

function frozen(value) {
  if (value !== null && typeof value === 'object') Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

// Elements are frozen copies, as in k6.
function SharedArray(name, make) {
  check(typeof name === 'string' && name !== '', 'SharedArray', name);
  const made = make();
  check(Array.isArray(made), 'SharedArray of no array');
  const texts = made.map((value) => JSON.stringify(value));
  return new Proxy([], {
    get: (_, key) => {
      if (key === 'length') return texts.length;
      if (key === Symbol.iterator) return () => texts.map((text) => frozen(JSON.parse(text)))[Symbol.iterator]();
      return /^\d+$/.test(String(key)) && texts[key] !== undefined ? frozen(JSON.parse(texts[key])) : undefined;
    },
    set: () => check(false, 'SharedArray is immutable'),
  });
}

function modulesOf(exec, sleep, send, add) {
  class Trend {
    constructor(name, isTime) {
      check(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && isTime === true, 'Trend', name, isTime);
    }
    add(value) {
      check(Number.isFinite(value), 'Trend.add', String(value));
      add(value);
    }
  }
  const asRequest = (request) => {
    const { method, url, body, params, ...more } = request;
    check(Object.keys(more).length === 0, 'request', more);
    check(typeof method === 'string' && typeof url === 'string', method, url);
    check(body === null || typeof body === 'string', 'body', body);
    const { headers, tags, ...rest } = params;
    check(Object.keys(rest).length === 0, 'params', rest);
    check([...Object.values(headers), ...Object.values(tags)].every((v) => typeof v === 'string'), headers, tags);
    return request;
  };
  return {
    k6: {
      sleep: (s) => {
        check(typeof s === 'number' && s >= 0, 'sleep', String(s));
        sleep(s * 1000);
      },
    },
    'k6/data': { SharedArray },
    'k6/execution': { default: exec },
    'k6/http': {
      default: {
        request: (method, url, body, params) => send([asRequest({ method, url, body, params })])[0],
        batch: (requests) => {
          check(Array.isArray(requests), 'batch', requests);
          return send(requests.map(asRequest));
        },
      },
    },
    'k6/metrics': { Trend },
  };
}

async function main(file) {
  const noUser = () => check(false, 'only users may sleep and send');
  const script = await load(file, modulesOf({}, noUser, noUser, noUser));
  const { scenarios, ...options } = script.options;
  check(Object.keys(script.options).every((key) => OPTIONS.includes(key)), 'options', options);
  const [[name, scenario], ...others] = Object.entries(scenarios);
  check(others.length === 0 && /^[0-9a-zA-Z_-]+$/.test(name), 'scenarios', scenarios);
  check(Object.keys(scenario).every((key) => EXECUTOR.includes(key)), 'executor', scenario);
  const { executor, vus, iterations, maxDuration } = scenario;
  check(executor === 'shared-iterations', 'executor', executor);
  check(Number.isInteger(vus) && vus > 0 && Number.isInteger(iterations) && iterations >= vus, vus, iterations);
  check(/^\d+s$/.test(maxDuration), 'maxDuration', maxDuration);
  check(options.batch > 0 && options.batchPerHost > 0 && options.maxRedirects === 0, options);
  if (script.setup) script.setup();

  const next = new SharedArrayBuffer(4);
  const startGate = new SharedArrayBuffer(12);
  const tally = { vus, iterations: 0, requests: 0, failed: 0, names: {}, lags: [] };
  const ready = [];
  const done = [];
  for (let vu = 1; vu <= vus; vu++) {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { file, next, iterations, startGate } });
    let agent = new http.Agent({ keepAlive: true });
    ready.push(new Promise((resolve) => worker.once('message', resolve)));
    done.push(new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject)));
    worker.on('message', async ({ iteration, lag, flag, requests }) => {
      if (iteration) {
        tally.iterations += 1;
        agent.destroy();
        agent = new http.Agent({ keepAlive: true });
      }
      if (lag !== undefined) tally.lags.push(lag);
      if (!requests) return;
      const ok = await Promise.all(requests.map((request) => sent(request, agent)));
      for (const [i, { params }] of requests.entries()) {
        tally.requests += 1;
        if (!ok[i]) tally.failed += 1;
        tally.names[params.tags.name] = (tally.names[params.tags.name] || 0) + 1;
      }
      Atomics.store(new Int32Array(flag), 0, 1);
      Atomics.notify(new Int32Array(flag), 0);
    });
  }
  await Promise.all(ready);
  new DataView(startGate).setFloat64(4, Date.now(), true);
  Atomics.store(new Int32Array(startGate, 0, 1), 0, 1);
  Atomics.notify(new Int32Array(startGate, 0, 1), 0);
  await Promise.all(done);
  tally.lags.sort((a, b) => a - b);
  const { lags, ...rest } = tally;
  const at = (share) => lags[Math.floor((lags.length - 1) * share)];
  console.log(JSON.stringify({ ...rest, lag_ms: { p50: at(0.5), p95: at(0.95), max: at(1) } }));
}

function sent({ method, url, body, params }, agent) {
  return new Promise((resolve) => {
    try {
      const request = http.request(url, { method, headers: params.headers, agent }, (response) => {
        response.on('data', () => {}).on('end', () => resolve(response.statusCode < 400));
      });
      request.on('error', () => resolve(false));
      request.end(body === null ? undefined : body);
    } catch {
      resolve(false);
    }
  });
}

async function user({ file, next, iterations, startGate }) {
  const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  const exec = { scenario: {} };
  const send = (requests) => {
    const flag = new SharedArrayBuffer(4);
    parentPort.postMessage({ flag, requests });
    Atomics.wait(new Int32Array(flag), 0, 0);
    return requests.map(() => ({}));
  };
  const script = await load(file, modulesOf(exec, wait, send, (lag) => parentPort.postMessage({ lag })));
  parentPort.postMessage({ ready: true });
  Atomics.wait(new Int32Array(startGate, 0, 1), 0, 0);
  exec.scenario.startTime = new DataView(startGate).getFloat64(4, true);
  for (;;) {
    const iteration = Atomics.add(new Int32Array(next), 0, 1);
    if (iteration >= iterations) break;
    exec.scenario.iterationInTest = iteration;
    script.default();
    parentPort.postMessage({ iteration: true });
  }
}

if (isMainThread) await main(path.resolve(process.argv[2]));
else await user(workerData);
