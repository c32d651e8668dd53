// What matters of a run, on one screen: tiles, objectives, charts with one cursor, findings.

import { Chart, Cursor } from './chart.js';
import { choice, el, fill, say } from './dom.js';
import { get } from './client.js';
import { AT, errors, generator, latency, rates, users, values } from './figures.js';
import { clock, count, measured, ms, OUTLOOKS, rate, share, STANDINGS } from './format.js';
import { Table } from './tables.js';

const WINDOWS = [['60', '1 minute'], ['300', '5 minutes'], ['', 'whole run']];

/** A line without axes, for a tile. */
function spark(node, series) {
  const NS = 'http://www.w3.org/2000/svg';
  const known = series.filter((v) => v !== null);
  const most = Math.max(...known, 1e-9);
  const step = 100 / Math.max(1, series.length - 1);
  const path = series.map((v, i) => (v === null ? '' : `${i && series[i - 1] !== null ? 'L' : 'M'}${(i * step).toFixed(1)} ${(19 - (v / most) * 18).toFixed(1)}`)).join('');
  let svg = node.querySelector('svg');
  if (!svg) {
    svg = document.createElementNS(NS, 'svg');
    svg.setAttribute('viewBox', '0 0 100 20');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    svg.appendChild(document.createElementNS(NS, 'path'));
    node.appendChild(svg);
  }
  svg.firstChild.setAttribute('d', path || 'M0 19');
}

/** Between changes of the load: each has one load, so that its figures can be compared. */
const SEGMENTS = [
  { head: 'From', text: (s) => clock(s.from_s), sort: (s) => s.from_s },
  { head: 'After', text: (s) => s.after ?? 'as planned', words: true },
  { head: 'Seconds', text: (s) => count(s.seconds), sort: (s) => s.seconds },
  { head: 'Requests', text: (s) => count(s.requests), sort: (s) => s.requests },
  { head: 'Rate', text: (s) => rate(s.requests_per_second), sort: (s) => s.requests_per_second },
  { head: 'Failed', text: (s) => share(s.error_rate), sort: (s) => s.error_rate },
  { head: 'p50', text: (s) => ms(s.p50_ms), sort: (s) => s.p50_ms },
  { head: 'p95', text: (s) => ms(s.p95_ms), sort: (s) => s.p95_ms },
  { head: 'p99', text: (s) => ms(s.p99_ms), sort: (s) => s.p99_ms },
];

class Tile {
  constructor(label) {
    this.value = el('span.value', null, '–');
    this.note = el('small', null);
    this.line = el('span.spark', null);
    this.node = el('div.tile', null, el('dt', null, label), el('dd', null, this.value, this.note, this.line));
  }

  /** @param {string} value @param {string} note @param {number[]} series @param {string} tone */
  show(value, note, series, tone) {
    say(this.value, value);
    say(this.note, note);
    spark(this.line, series.slice(-60));
    this.node.className = `tile ${tone || ''}`;
  }
}

export class OverviewView {
  constructor(store) {
    this.store = store;
    this.cursor = new Cursor();
    this.tiles = {
      rate: new Tile('Requests'), users: new Tile('Users'), p50: new Tile('p50'), p95: new Tile('p95'), p99: new Tile('p99'), errors: new Tile('Failed'),
      left: new Tile('Time left'), generator: new Tile('Generator'),
    };
    this.decision = el('div.decision', { hidden: true, role: 'status' });
    this.objectives = el('div', null);
    this.distrust = el('p.doubt', { hidden: true });
    this.findings = el('div', null, el('p.soft', null, 'Nothing stands out so far.'));
    this.segments = new Table('Segments', SEGMENTS, { key: (s) => String(s.from_s) });
    this.parted = el('div', { hidden: true }, el('h2', null, 'Between changes of the load'), this.segments.node);
    this.span = '';
    this.endpoint = '';
    this.picker = el('div.field', null);
    this.charts = {};
    this.boxes = ['rate', 'latency', 'errors', 'heat', 'users', 'generator', 'resources'].map((kind) => {
      // What is seen of the target is there only if something looks at it.
      const box = el('div.chart', { hidden: kind === 'resources' });
      this.charts[kind] = { box, chart: null };
      return box;
    });
    const span = choice(WINDOWS, '', null);
    span.value = '';
    span.addEventListener('change', () => { this.span = span.value; this.draw(); });
    this.pick = choice([], '', 'all endpoints');
    this.pick.addEventListener('change', () => { this.endpoint = this.pick.value; this.own = null; this.draw(); });
    this.compare = el('input', { type: 'checkbox', id: 'compare-live', onchange: () => this.refer() });
    this.node = el('section', { 'aria-label': 'Overview' },
      this.decision,
      el('dl.tiles', null, Object.values(this.tiles).map((tile) => tile.node)),
      this.distrust,
      this.objectives,
      el('div.bar', null,
        el('label', null, 'Show ', span), el('label', null, 'of ', this.pick),
        el('label.radio', { for: 'compare-live' }, this.compare, 'beside the run before')),
      el('div.charts', null, this.boxes),
      this.parted,
      el('h2', null, 'Findings'), this.findings);
  }

  /** The run before, beside this one. */
  async refer() {
    this.reference = null;
    if (this.compare.checked) {
      this.reference = await get('reference').catch(() => null);
      if (!this.reference) {
        this.compare.checked = false;
        this.store.notify('There is no run to compare with: baselines and earlier runs of this name stand for one.');
      }
    }
    this.draw();
  }

  draw() {
    if (!this.node.isConnected) return;
    const { status, points } = this.store;
    this.drawTiles(status, points);
    this.drawDistrust(status);
    this.drawObjectives(status.objectives);
    this.drawDecision(status);
    this.drawCharts();
    const segments = status.segments || [];
    this.parted.hidden = !segments.length;
    this.segments.update(segments);
    this.slowly();
  }

  drawTiles(status, points) {
    const { now, total, run } = status;
    const over = ['ended', 'idle'].includes(status.stage);
    const at = (column) => values(points, column);
    const show = over && total ? { rate: total.requests_per_second, p50: total.response.p50_ms, p95: total.response.p95_ms, p99: total.response.p99_ms, errors: total.error_rate }
      : { rate: now.requests_per_second, p50: now.p50_ms, p95: now.p95_ms, p99: now.p99_ms, errors: now.error_rate };
    const span = over ? 'whole load' : `last ${now.seconds} s`;
    this.tiles.rate.show(rate(show.rate), over ? `${count(total.requests)} in all` : `${rate(now.started_per_second)} of ${rate(now.due_per_second)} iterations`, at(AT.requests));
    this.tiles.users.show(count(now.users), `${count(now.in_flight)} requests in flight`, at(AT.users));
    this.tiles.p50.show(ms(show.p50), span, at(AT.p50));
    this.tiles.p95.show(ms(show.p95), span, at(AT.p95));
    this.tiles.p99.show(ms(show.p99), span, at(AT.p99));
    this.tiles.errors.show(share(show.errors), `${count(total.errors)} of ${count(total.requests)}`, at(AT.errors), total.errors ? 'doubt' : '');
    const left = run && run.planned_s !== null ? Math.max(0, run.planned_s - status.elapsed_s) : null;
    this.tiles.left.show(over ? '–' : clock(left), run ? `${clock(status.elapsed_s)} of ${clock(run.planned_s)}` : '', []);
    const { generator: g } = status;
    this.tiles.generator.show(g.ok ? (g.late_now ? 'late' : '✓ fine') : '✗ is the limit', g.ok ? `lateness p99 ${ms(g.lag_p99_ms)}` : 'figures cannot be trusted', at(AT.lag), g.ok ? '' : 'fail');
  }

  /** Why the figures cannot be trusted, as long as no verdict says it. */
  drawDistrust({ generator: g, verdict }) {
    this.distrust.hidden = !g.against.length || Boolean(verdict);
    say(this.distrust, `The generator: ${g.against.join('; ')}`);
  }

  drawObjectives(objectives) {
    const key = JSON.stringify(objectives);
    if (key === this.objectivesKey) return;
    this.objectivesKey = key;
    if (!objectives.length) {
      fill(this.objectives, el('p.soft', null, 'No objectives: a run is judged by what it promises, such as p95 < 250ms.'));
      return;
    }
    fill(this.objectives, el('ul.objectives', { 'aria-label': 'Objectives' }, objectives.map((o) => {
      const [mark, word, tone] = STANDINGS[o.standing];
      const burn = o.burn === null ? '' : `, budget burns at ${Math.round(o.burn * 100) / 100}×`;
      return el(`li.${tone || 'noted'}`, { title: o.text }, el('strong', null, `${mark} ${o.name}`),
        ` ${word}: ${measured(o.measured, o.unit)}`, o.limit === null ? '' : ` of ${measured(o.limit, o.unit)}`, burn,
        o.broken_s ? `, broken for ${o.broken_s} s` : '');
    })));
  }

  drawDecision(status) {
    const { verdict, problem, stage } = status;
    this.decision.hidden = !(verdict || (problem && stage === 'idle'));
    if (verdict) {
      const [mark, word, tone] = OUTLOOKS[verdict.outlook];
      this.decision.className = `decision ${tone}`;
      fill(this.decision, el('strong', null, `${mark} ${word}`), el('p', null, verdict.summary),
        el('ul', null, verdict.reasons.filter((r) => r.against && !verdict.summary.includes(r.text)).map((r) => el('li', null, r.text))),
        el('p', null, el('a', { href: `/api/v1/runs/${encodeURIComponent(status.run.id)}/files/report.html` }, 'Open the report'), ' · ',
          el('a', { href: '#history' }, 'compare it with another run')));
    } else if (problem) {
      this.decision.className = 'decision fail';
      fill(this.decision, el('strong', null, '✗ Not started'), el('pre', null, [problem.title, problem.detail, problem.hint && `→ ${problem.hint}`].filter(Boolean).join('\n')));
    }
  }

  /** The course that is shown: of all requests, or of one endpoint. */
  course() {
    const { points, kinds, status } = this.store;
    const own = this.endpoint && this.own;
    // The rest of a second in which a run stopped holds too little to stand beside whole ones.
    const whole = (list) => (status.stage === 'ended' && list.length > 2 ? list.slice(0, -1) : list);
    const all = whole(own ? own.points : points);
    const last = points.length ? points[points.length - 1][AT.t] : 0;
    const from = this.span ? Math.max(0, last - Number(this.span)) : 0;
    const keep = all.map((p, i) => [p, (own ? own.kinds : kinds)[i]]).filter(([p]) => p[AT.t] >= from);
    const reference = this.reference?.series.points.filter((p) => p[AT.t] >= from && p[AT.t] <= Math.max(last, from + 10)) || null;
    const bands = status.marks.map((m) => ({ from: m.at_s, to: m.at_s + Math.max(0.5, last / 300), name: m.text, tone: 'found' })).filter((b) => b.to >= from);
    return { points: keep.map(([p]) => p), kinds: keep.map(([, k]) => k || {}), reference, bands, from };
  }

  drawCharts() {
    const { status } = this.store;
    this.drawPicker();
    const course = this.course();
    const limits = status.objectives.filter((o) => o.unit === 'milliseconds' && o.limit !== null && /^p\d|^avg|^med|^max/.test(o.objective))
      .map((o) => ({ name: o.name, at: o.limit }));
    this.put('rate', rates(course));
    this.put('latency', latency(course, limits));
    this.put('errors', errors(course));
    this.put('users', users(course));
    this.put('generator', generator(course));
  }

  drawPicker() {
    const rows = this.store.endpoints;
    const key = rows.map((r) => r.id).join();
    if (key === this.pickerKey) return;
    this.pickerKey = key;
    fill(this.pick, el('option', { value: '' }, 'all endpoints'), rows.map((r) => el('option', { value: r.id, selected: String(r.id) === this.endpoint }, r.name)));
  }

  put(kind, figure) {
    const place = this.charts[kind];
    if (!place.chart) place.chart = new Chart(place.box, { cursor: ['heat', 'resources'].includes(kind) ? undefined : this.cursor });
    place.chart.update(figure);
  }

  /** What costs the server more than a tick: an endpoint's own course, the heat map, findings. */
  async slowly() {
    const { second, generation, status } = this.store;
    if (this.endpoint && (this.ownAt !== `${generation}-${second}-${this.endpoint}`)) {
      this.ownAt = `${generation}-${second}-${this.endpoint}`;
      const own = await get(`series?endpoint=${this.endpoint}`).catch(() => null);
      if (own) { this.own = own; this.drawCharts(); }
    }
    const slow = `${generation}-${Math.floor(second / 5)}-${status.stage}`;
    if (slow === this.slowAt || !this.store.points.length) return;
    this.slowAt = slow;
    const heat = await get('figures/heat').catch(() => null);
    if (heat) this.put('heat', heat);
    const seen = this.store.status.resources ? await get('figures/resources').catch(() => null) : null;
    this.charts.resources.box.hidden = !seen;
    if (seen) this.put('resources', seen);
    const found = await get('findings').catch(() => null);
    if (found) this.drawFindings(found.findings);
  }

  drawFindings(findings) {
    if (!findings.length) {
      fill(this.findings, el('p.soft', null, 'Nothing stands out so far.'));
      return;
    }
    fill(this.findings, el('ol.findings', null, findings.slice(0, 8).map((f) => el('li', null,
      el('strong', null, f.claim), el('span.soft', null, ` ${f.confidence} confidence${f.reliable ? '' : ', unreliable: brunt was the limit'}`),
      el('p', null, 'Or else: ', f.alternative), el('p', null, 'Confirm by: ', f.confirm_by),
      f.advice.length ? el('p', null, 'Try: ', f.advice.join(' ')) : null))));
  }
}
