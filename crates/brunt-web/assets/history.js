// Recorded runs: a list, their files, two of them against each other.

import { Chart } from './chart.js';
import { ask, el, field, fill } from './dom.js';
import { get, post } from './client.js';
import { ago, clock, exact, moment, ms, share } from './format.js';
import { Table } from './tables.js';

const file = (id, name) => `/api/v1/runs/${encodeURIComponent(id)}/files/${encodeURIComponent(name)}`;

export class HistoryView {
  /** @param {any} store @param {() => any} offer */
  constructor(store, offer) {
    this.store = store;
    this.offer = offer;
    this.picked = [];
    this.table = new Table('Runs', [
      { head: 'Run', text: (r) => r.id, words: true },
      { head: 'When', text: (r) => ago(r.started_unix_ms, Date.now()), sort: (r) => r.started_unix_ms },
      { head: 'Verdict', text: (r) => r.state, words: true, tone: (r) => ({ passed: 'pass', failed: 'fail' }[r.state] || '') },
      { head: 'Length', text: (r) => clock(r.elapsed_s), sort: (r) => r.elapsed_s },
      { head: 'Requests', text: (r) => exact(r.requests), sort: (r) => r.requests },
      { head: 'Failed', text: (r) => (r.requests ? share(r.errors / r.requests) : '–'), sort: (r) => (r.requests ? r.errors / r.requests : null) },
      { head: 'p95', text: (r) => ms(r.p95_ms), sort: (r) => r.p95_ms },
      { head: 'Branch', text: (r) => r.branch || '', words: true },
      { head: 'Labels', text: (r) => r.labels.join(', '), words: true },
      { head: 'Baseline', text: (r) => r.baselines.join(', '), words: true },
    ], { key: (r) => r.id, search: (r) => [r.id, r.name, r.state, r.branch, ...r.labels, ...r.baselines].join(' '), sortBy: 1, onPick: (r) => this.open(r) });
    this.detail = el('div', { 'aria-live': 'polite' });
    this.trend = el('div', null);
    this.comparison = el('div', { 'aria-live': 'polite' });
    this.node = el('section', { 'aria-label': 'History' }, this.table.node, this.detail, this.trend, this.comparison);
  }

  async draw() {
    const key = `${this.store.generation}-${this.store.status.stage}`;
    if (!this.node.isConnected || key === this.key) return;
    this.key = key;
    const data = await get('runs').catch((error) => { this.store.notify(error.message); return null; });
    if (!data) return;
    this.runs = data.runs;
    this.table.update(data.runs);
    if (!data.runs.length) fill(this.detail, el('p', null, 'No run is recorded yet.'));
  }

  open(run) {
    const others = this.runs.filter((r) => r.id !== run.id);
    const before = el('select', { 'aria-label': 'Compare with' }, others.map((r) => el('option', { value: r.id }, `${r.id} (${r.state})`)));
    const names = this.offer()?.files || [];
    fill(this.detail, el('h2', null, run.id), el('p.soft', null, moment(run.started_unix_ms)),
      el('p', null, el('a', { href: file(run.id, 'report.html') }, 'Open the report')),
      el('details', null, el('summary', null, 'Downloads'), el('ul', null, names.map((name) => el('li', null, el('a', { href: file(run.id, name), download: true }, name))))),
      el('div.bar', null, others.length ? [el('label', null, 'Compare with ', before),
        el('button', { type: 'button', onclick: () => this.compare(before.value, run.id) }, 'Compare')] : null,
        this.store.readOnly ? null : el('button', { type: 'button', onclick: () => this.keep(run) }, 'Keep as baseline')));
    this.detail.scrollIntoView({ block: 'nearest' });
    this.follow(run.name);
  }

  /** How the runs of this name went from one to the next, if there are several. */
  async follow(name) {
    const figure = this.runs.filter((r) => r.name === name).length > 1
      ? await get(`trend?name=${encodeURIComponent(name)}`).catch((error) => { this.store.notify(error.message); return null; }) : null;
    const box = el('div.chart', null);
    fill(this.trend, figure && box);
    if (figure) new Chart(box, {}).update(figure);
  }

  keep(run) {
    ask('Keep as baseline', [field('Name', el('input', { name: 'name', value: 'main', autocomplete: 'off' }), 'a branch, a release: what later runs are compared with')],
      'Keep', async (form) => {
        this.store.notify((await post(`runs/${encodeURIComponent(run.id)}/baseline`, { name: form.elements.name.value })).text);
        this.key = '';
        this.draw();
      });
  }

  async compare(before, after) {
    fill(this.comparison, el('p.soft', null, 'Comparing …'));
    try {
      const { text, figures } = await get(`compare?a=${encodeURIComponent(before)}&b=${encodeURIComponent(after)}`);
      const boxes = figures.map(() => el('div.chart', null));
      fill(this.comparison, el('h2', null, `${after} against ${before}`), el('pre', { tabindex: '0' }, text), el('div.charts', null, boxes));
      figures.forEach((figure, i) => new Chart(boxes[i], {}).update(figure));
      this.comparison.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      fill(this.comparison, el('p.problem', { role: 'alert' }, error.message));
    }
  }
}
