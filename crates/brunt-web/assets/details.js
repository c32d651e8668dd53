// Endpoints, failures, mix, log: what stands behind the overview.

import { el, fill, say } from './dom.js';
import { get } from './client.js';
import { bytes, clock, count, exact, ms, rate, share } from './format.js';
import { Table, plain } from './tables.js';

/** A view that asks the server for its rows each two seconds while it is looked at. */
class Polled {
  constructor(store, path, label) {
    Object.assign(this, { store, path });
    this.node = el('section', { 'aria-label': label });
  }

  async draw() {
    const key = `${this.store.generation}-${Math.floor(this.store.second / 2)}-${this.store.status.stage}`;
    if (!this.node.isConnected || key === this.key) return;
    this.key = key;
    const data = await get(this.path).catch(() => null);
    if (data) this.show(data);
  }
}

export class EndpointsView extends Polled {
  constructor(store) {
    super(store, 'endpoints', 'Endpoints');
    this.now = false;
    const of = (row) => (this.now ? row.now || {} : { requests_per_second: row.requests_per_second, error_rate: row.error_rate, ...row.response });
    this.table = new Table('Endpoints', [
      { head: 'Endpoint', text: (r) => r.name, words: true },
      { head: 'Requests', text: (r) => exact(r.requests), sort: (r) => r.requests },
      { head: 'Rate', text: (r) => rate(of(r).requests_per_second), sort: (r) => of(r).requests_per_second },
      { head: 'Failed', text: (r) => share(of(r).error_rate), sort: (r) => of(r).error_rate, tone: (r) => (of(r).error_rate > 0 ? 'fail' : '') },
      { head: 'p50', text: (r) => ms(of(r).p50_ms), sort: (r) => of(r).p50_ms },
      { head: 'p95', text: (r) => ms(of(r).p95_ms), sort: (r) => of(r).p95_ms },
      { head: 'p99', text: (r) => ms(of(r).p99_ms), sort: (r) => of(r).p99_ms },
      { head: 'Max', text: (r) => ms(r.response.max_ms), sort: (r) => r.response.max_ms },
      { head: 'Mean', text: (r) => ms(r.response.mean_ms), sort: (r) => r.response.mean_ms },
      { head: 'Read', text: (r) => bytes(r.bytes_in), sort: (r) => r.bytes_in },
      { head: 'Scenario', text: (r) => r.scenario, words: true },
    ], { key: (r) => String(r.id), search: (r) => `${r.name} ${r.scenario} ${r.action} ${(r.tags || []).join(' ')}`, sortBy: 5,
      onPick: (r) => { this.store.onEndpoint(String(r.id)); } });
    const mode = (value, text) => el('label.radio', null,
      el('input', { type: 'radio', name: 'span', value, checked: value === 'all', onchange: () => { this.now = value === 'now'; this.table.draw(); } }), text);
    fill(this.node, el('fieldset', null, el('legend', null, 'Rate, failed and percentiles of'), mode('all', 'the whole load'), mode('now', 'the last 10 seconds')), this.table.node);
  }

  show(data) {
    this.store.endpoints = data.rows;
    this.table.update(data.rows.filter((r) => r.requests > 0 || r.now));
  }
}

export class FailuresView extends Polled {
  constructor(store) {
    super(store, 'failures', 'Failures');
    this.empty = el('p', null, 'No request failed.');
    this.table = new Table('Failures', [
      { head: 'Kind', text: (r) => r.kind, words: true },
      { head: 'Status', text: (r) => r.status, words: true },
      { head: 'Requests', text: (r) => exact(r.count), sort: (r) => r.count },
      { head: 'Of all', text: (r) => share(r.of_all), sort: (r) => r.of_all },
      { head: 'First', text: (r) => clock(r.first_s), sort: (r) => r.first_s },
      { head: 'Last', text: (r) => clock(r.last_s), sort: (r) => r.last_s },
      { head: 'Where', text: (r) => r.endpoints.slice(0, 5).map((e) => `${e.name} (${count(e.count)})`).join(', ') + (r.endpoints.length > 5 ? `, ${r.endpoints.length - 5} more` : ''), words: true },
      { head: 'First words', text: (r) => r.words || '–', words: true },
    ], { key: (r) => `${r.kind} ${r.status}`, search: (r) => `${r.kind} ${r.status} ${r.words} ${r.endpoints.map((e) => e.name).join(' ')}`, sortBy: 2 });
    fill(this.node, this.empty, this.table.node);
  }

  show(data) {
    this.empty.hidden = data.rows.length > 0;
    this.table.node.hidden = data.rows.length === 0;
    this.table.update(data.rows);
  }
}

export class MixView extends Polled {
  constructor(store) {
    super(store, 'mix', 'Mix');
  }

  show({ actions, planned, tallies, checks, groups }) {
    fill(this.node,
      el('h2', null, 'What was sent'),
      plain('Requests by action', ['Action', 'Scenario', 'Requests', 'Share of requests'], actions.map((a) => [a.action, a.scenario, exact(a.requests), share(a.share)])),
      planned.length ? [el('h2', null, 'What the plan says'),
        plain('Planned shares', ['Action', 'Class', 'Scenario', 'Of its iterations'], planned.map((m) => [m.action, m.class, m.scenario, share(m.share)]))] : null,
      tallies.filter((t) => t.total).map((t) => [el('h2', null, t.name),
        plain(t.name, ['Value', 'Answers', 'Share'], t.values.map((v) => [v.value, exact(v.count), share(v.share)]))]),
      checks.length ? [el('h2', null, 'Checks'),
        plain('Checks', ['Check', 'At', 'Held', 'Did not'], checks.map((c) => [c.name, c.endpoint || '–', exact(c.passed), exact(c.failed)]))] : null,
      groups.some((g) => g.count) ? [el('h2', null, 'Groups'),
        plain('Groups', ['Group', 'Passes', 'Failed', 'p50', 'p95', 'p99'], groups.map((g) => [g.name, exact(g.count), exact(g.failed), ms(g.duration.p50_ms), ms(g.duration.p95_ms), ms(g.duration.p99_ms)]))] : null);
  }
}

export class LogView extends Polled {
  constructor(store) {
    super(store, 'log', 'Log');
    this.level = '';
    this.lines = el('ol.log', { tabindex: '0', 'aria-label': 'Log' });
    this.more = el('p.soft', null);
    const levels = [['', 'everything'], ['warning', 'warnings'], ['error', 'errors'], ['action', 'what was done here']];
    const select = el('select', { 'aria-label': 'Which lines', onchange: (e) => { this.level = e.target.value; this.key = ''; this.draw(); } },
      levels.map(([value, text]) => el('option', { value }, text)));
    fill(this.node, el('div.bar', null, el('label', null, 'Show ', select)), this.lines, this.more);
  }

  show(data) {
    const shown = data.lines.filter((l) => !this.level || l.level === this.level);
    fill(this.lines, shown.map((l) => el(`li.${l.level}`, null, el('time', null, clock(l.at_s)), ` ${l.level}: `, l.text)));
    say(this.more, data.left_out ? `${data.left_out} more were left out.` : shown.length ? '' : 'Nothing yet.');
  }
}
