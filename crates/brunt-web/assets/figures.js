// Figures of the course that ticks bring, in the form of brunt-figure's JSON: one form for the browser, the files and the report.

/** The columns of a point, as the server sends them. */
const AT = {
  t: 0, seconds: 1, due: 2, started: 3, dropped: 4, requests: 5, errors: 6, p50: 7, p95: 8, p99: 9, users: 10, inFlight: 11, lag: 12, cpu: 13,
};

const middle = (point) => point[AT.t] + point[AT.seconds] / 2;

/** @param {any[][]} points @param {number} column */
export const values = (points, column) => points.map((point) => point[column]);

function line(points, name, ink, column, stroke = 'solid') {
  return { name, ink, stroke, spots: points.map((point) => ({ x: middle(point), y: point[column], spread: null })) };
}

const highest = (lines) => lines.reduce((most, l) => l.spots.reduce((m, s) => (s.y !== null && s.y > m ? s.y : m), most), 0);
const lowest = (lines) => lines.reduce((least, l) => l.spots.reduce((m, s) => (s.y > 0 && s.y < m ? s.y : m), least), Infinity);

const time = (points, from) => {
  const last = points[points.length - 1];
  return { label: 'time', unit: 'seconds', scale: 'time', low: from, high: Math.max(from + 10, last ? last[AT.t] + last[AT.seconds] : 0) };
};

const upward = (label, unit, lines, least) => ({ label, unit, scale: 'linear', low: 0, high: Math.max(highest(lines) * 1.05, least) });

function figure(kind, title, help, panels) {
  return { kind, title, how_to_read: help, says: [], notes: [], panels };
}

function panel(title, x, y, lines, limits, bands) {
  return { title, x, y, marks: { lines }, limits, bands };
}

/**
 * @typedef {Object} Course
 * @property {any[][]} points
 * @property {Object[]} kinds failed requests per second by kind, for each point
 * @property {any[][]|null} reference the points of the run that is compared with
 * @property {{from: number, to: number, name: string, tone: string}[]} bands
 * @property {number} from the first second that is shown
 */

/** Target and achieved. @param {Course} course */
export function rates({ points, reference, bands, from }) {
  const asked = line(points, 'iterations asked for', 'muted', AT.due, 'dashed');
  const lines = [asked, line(points, 'iterations begun', 'baseline', AT.started), line(points, 'requests', 'this', AT.requests),
    line(points, 'failed requests', 'bad', AT.errors)];
  if (points.every((point) => !point[AT.due])) lines.shift();
  if (reference) lines.push(line(reference, 'requests before', 'muted', AT.requests, 'dashed'));
  return figure('rate', 'Rate: asked for and reached', 'Where the rate begun stays below the rate asked for, the target or the users could not follow.',
    [panel('', time(points, from), upward('per second', 'per_second', lines, 1), lines, [], bands)]);
}

/** Response times. @param {Course} course @param {{name: string, at: number}[]} limits in milliseconds */
export function latency({ points, reference, bands, from }, limits) {
  const lines = [line(points, 'p50', 'p50', AT.p50), line(points, 'p95', 'p95', AT.p95), line(points, 'p99', 'p99', AT.p99)];
  if (reference) lines.push(line(reference, 'p95 before', 'muted', AT.p95, 'dashed'));
  const all = limits.map((limit) => limit.at);
  const low = Math.min(lowest(lines), ...all);
  const high = Math.max(highest(lines), ...all);
  const y = { label: 'response time', unit: 'milliseconds', scale: 'log', low: Number.isFinite(low) ? low * 0.8 : 1, high: high > 0 ? high * 1.25 : 1000 };
  return figure('latency', 'Response times', 'From the instant a request was due. Equal heights are equal factors.',
    [panel('', time(points, from), y, lines, limits.map((l) => ({ name: l.name, along: 'y', at: l.at })), bands)]);
}

/** Failed requests by kind. @param {Course} course */
export function errors({ points, kinds, bands, from }) {
  const names = [...new Set(kinds.flatMap((k) => Object.keys(k)))].sort();
  const shown = names.slice(0, 8);
  const lines = shown.map((name, i) => ({
    name, ink: { category: i }, stroke: 'solid', spots: points.map((p, at) => ({ x: middle(p), y: kinds[at]?.[name] ?? 0, spread: null })),
  }));
  if (!lines.length) lines.push(line(points, 'failed requests', 'bad', AT.errors));
  const made = figure('errors', 'Failed requests by kind', 'Per second. A kind that comes and goes with the load points to a limit; one that comes alone, to an event.',
    [panel('', time(points, from), upward('failed per second', 'per_second', lines, 1), lines, [], bands)]);
  if (names.length > shown.length) made.notes.push(`${names.length - shown.length} more kinds are in the table of failures.`);
  return made;
}

/** Users and what is in flight. @param {Course} course */
export function users({ points, bands, from }) {
  const lines = [line(points, 'users', 'this', AT.users), line(points, 'requests in flight', 'muted', AT.inFlight)];
  return figure('users', 'Users', 'In flight near the number of users: everybody waits for the target.',
    [panel('', time(points, from), upward('users', 'count', lines, 1), lines, [], bands)]);
}

/** How late the generator is, and how busy. @param {Course} course */
export function generator({ points, bands, from }) {
  const lag = [line(points, 'p99', 'p99', AT.lag)];
  const cpu = [line(points, 'busiest core', 'this', AT.cpu)];
  const y = { label: 'lateness', unit: 'milliseconds', scale: 'log', low: Math.min(lowest(lag), 0.1), high: Math.max(highest(lag) * 1.25, 1) };
  return figure('generator', 'The generator', 'A request that starts late makes its response time longer: that is brunt\u2019s doing, not the target\u2019s.', [
    panel('how late requests started', time(points, from), y, lag, [], bands),
    panel('processors', time(points, from), { label: 'share of time', unit: 'share', scale: 'linear', low: 0, high: 1.05 }, cpu, [], bands),
  ]);
}

/** What a plan asks for over time. @param {any} preview the server's */
export function curves(preview) {
  const panels = preview.scenarios.filter((s) => s[3].length > 1).map(([name, executor, what, curve, step]) => {
    const lines = [{ name: what, ink: 'this', stroke: 'solid', spots: curve.map((y, i) => ({ x: i * step, y, spread: null })) }];
    const x = { label: 'time', unit: 'seconds', scale: 'time', low: 0, high: Math.max(1, (curve.length - 1) * step) };
    return panel(`${name}: ${executor}`, x, upward(what, what === 'users' ? 'count' : 'per_second', lines, 1), lines, [], []);
  });
  return figure('rate', 'What will be asked for', '', panels);
}

export { AT };
