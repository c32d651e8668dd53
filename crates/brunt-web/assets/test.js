// The form that starts a run, with a preview of the load.

import { append, choice, el, field, fill, say } from './dom.js';
import { post } from './client.js';
import { Chart } from './chart.js';
import { curves } from './figures.js';
import { clock, share } from './format.js';
import { plain } from './tables.js';

/** What a person typed, as the server reads it; what is empty is left out. @param {HTMLFormElement} form */
function filled(form) {
  const text = (name) => form.elements[name]?.value.trim() || undefined;
  const list = (name) => text(name)?.split(',').map((part) => part.trim()).filter(Boolean);
  const number = (name) => (text(name) === undefined ? undefined : Number(text(name)));
  // What the chosen kind of load hides is not sent.
  const model = form.elements.model?.value;
  return {
    host: text('host'), users: model === 'users' ? number('users') : undefined,
    spawn_rate: model === 'users' ? text('spawn_rate') : undefined, rate: model === 'rate' ? text('rate') : undefined,
    run_time: model === 'plan' ? undefined : text('run_time'), profile: text('profile'), environment: text('environment'), preset: text('preset'), tags: list('tags'),
    exclude_tags: list('exclude_tags'), classes: list('classes'), objectives: text('objectives')?.split('\n').map((l) => l.trim()).filter(Boolean),
    think: text('think'), stop_timeout: text('stop_timeout'), seed: number('seed'), confirm: text('confirm'),
  };
}

const input = (name, value, more) => el('input', { name, value: value ?? '', autocomplete: 'off', ...more });

export class TestView {
  /** @param {(text: string) => void} notify */
  constructor(notify) {
    this.notify = notify;
    this.node = el('section', { 'aria-labelledby': 'test-title' });
    this.previews = 0;
  }

  /** @param {any} offer @param {boolean} readOnly */
  show(offer, readOnly) {
    this.offer = offer;
    const p = offer.proposed;
    this.problem = el('p.problem', { role: 'alert' });
    this.facts = el('div', { 'aria-live': 'polite' });
    this.drawing = el('div.chart');
    this.chart = null;
    const model = offer.plan && offer.has_load ? 'plan' : 'users';
    const radio = (value, text) => el('label.radio', null, el('input', { type: 'radio', name: 'model', value, checked: value === model }), text);
    const rows = el('div.fields', null);
    const usersRow = [
      field('Number of users', input('users', p.users, { type: 'number', min: 1, inputmode: 'numeric' }), 'at once, at the peak'),
      field('Spawn rate', input('spawn_rate', p.spawn_rate), 'users started per second'),
    ];
    const rateRow = [
      field('Rate', input('rate', p.rate), 'arrivals, whatever the target\u2019s speed: 50/s'),
    ];
    const common = [
      field('Run time', input('run_time', p.run_time), '30s, 5m, 1h'),
    ];
    append(rows, [usersRow, rateRow, common]);
    const layout = () => {
      const chosen = form.elements.model.value;
      for (const node of usersRow) node.hidden = chosen !== 'users';
      for (const node of rateRow) node.hidden = chosen !== 'rate';
      for (const node of common) node.hidden = chosen === 'plan';
    };
    const form = el('form', { novalidate: true, oninput: () => { layout(); this.later(form); }, onsubmit: (event) => { event.preventDefault(); this.start(form); } },
      el('div.fields', null,
        field('Host', input('host', p.host, { type: 'url', placeholder: 'http://127.0.0.1:8080' }), offer.plan ? `empty: where ${offer.plan} says` : 'the URL to load'),
        offer.profiles.length ? field('Profile', Object.assign(choice(offer.profiles, p.profile, 'the plan as it is'), { name: 'profile' })) : null,
        offer.environments.length ? field('Environment', Object.assign(choice(offer.environments, p.environment, 'none'), { name: 'environment' })) : null,
        field('Named load', Object.assign(choice(offer.presets.map(([name, what]) => [name, `${name}: ${what}`]), p.preset, 'none'), { name: 'preset' }))),
      el('fieldset', null, el('legend', null, 'Load by'),
        offer.plan && offer.has_load ? radio('plan', 'the plan\u2019s own load') : null, radio('users', 'users'), radio('rate', 'rate')),
      rows,
      el('details', null, el('summary', null, 'More: objectives, tags, classes, think time, seed'),
        el('div.fields', null,
          field('Objectives', el('textarea', { name: 'objectives', rows: 3, placeholder: 'p95 < 250ms\nerrors < 1%' }), 'one a line; beside those of the plan'),
          offer.plan ? [
            field('Tags', input('tags', (p.tags || []).join(', ')), offer.tags.length ? `only: ${offer.tags.join(', ')}` : 'only what has one of these'),
            field('Without tags', input('exclude_tags', (p.exclude_tags || []).join(', '))),
            field('User classes', input('classes', (p.classes || []).join(', ')), offer.classes.length ? `of ${offer.classes.join(', ')}` : null),
          ] : field('Think time', input('think', p.think), 'a pause between a user\u2019s requests: 1s, or 1s..3s'),
          field('Graceful stop', input('stop_timeout', p.stop_timeout), 'how long what runs may go on after the end'),
          field('Seed', input('seed', p.seed, { type: 'number', min: 0 }), 'where all randomness comes from'))),
      this.confirm = el('div', { hidden: true }, field('Confirm', input('confirm', ''), 'a public address: type its host once more')),
      this.problem,
      el('div.buttons', null,
        el('button', { type: 'button', onclick: () => this.check(form) }, 'Check target'),
        el('button.first', { type: 'submit', disabled: readOnly }, 'Start')));
    fill(this.node,
      el('h2', { id: 'test-title' }, 'New test'),
      offer.plan ? el('p', null, 'Plan: ', el('code', null, offer.plan)) : el('div.first-steps', null,
        el('p', null, 'New here? The demo starts a small shop on this machine and loads it for about 20 seconds.'),
        el('button', { type: 'button', disabled: readOnly, onclick: () => this.demo() }, 'Run the demo')),
      readOnly ? el('p.soft', null, 'This page is for reading only: nothing can be started here.') : null,
      form, el('h3', null, 'What will be asked for'), this.facts, this.drawing);
    layout();
    this.readOnly = readOnly;
    this.later(form);
  }

  /** A preview once nothing was typed for a moment. */
  later(form) {
    clearTimeout(this.timer);
    // Who may only read is not told what would be asked for either.
    if (this.readOnly) return;
    this.timer = setTimeout(() => this.preview(form), 400);
  }

  async preview(form) {
    const number = ++this.previews;
    const asked = filled(form);
    if (!asked.host && !this.offer.plan) {
      fill(this.facts, el('p.soft', null, 'Name a host first.'));
      fill(this.drawing);
      this.chart = null;
      return;
    }
    try {
      const preview = await post('preview', asked);
      if (number !== this.previews) return;
      this.confirm.hidden = true;
      say(this.problem, '');
      const peak = (what) => Math.max(0, ...preview.scenarios.filter((s) => s[2] === what).flatMap((s) => s[3]));
      const words = [
        preview.planned_s === null ? 'no end in time' : `${clock(preview.planned_s)} long`,
        peak('users') ? `peak ${Math.round(peak('users'))} users` : null,
        peak('iterations/s') ? `peak ${Math.round(peak('iterations/s') * 100) / 100} iterations/s` : null,
      ].filter(Boolean);
      fill(this.facts, el('p', null, `${preview.targets.join(', ')}: ${words.join(', ')}`),
        preview.warnings.map((text) => el('p.doubt', null, text)),
        preview.mix.length > 1 ? el('details', null, el('summary', null, 'Mix'),
          plain('Planned mix', ['Action', 'Class', 'Scenario', 'Of its iterations'], preview.mix.map((m) => [m.action, m.class, m.scenario, share(m.share)]))) : null);
      const figure = curves(preview);
      if (!figure.panels.length) {
        fill(this.drawing);
        this.chart = null;
      } else {
        if (!this.chart) { fill(this.drawing); this.chart = new Chart(this.drawing, {}); }
        this.chart.update(figure);
      }
    } catch (error) {
      if (number === this.previews) this.complain(error);
    }
  }

  complain(error) {
    // A public address is asked for by name.
    this.confirm.hidden = !(error.status === 403 && /confirm/.test(error.message));
    say(this.problem, error.message);
  }

  async check(form) {
    try {
      this.notify((await post('check', filled(form))).text);
      say(this.problem, '');
    } catch (error) {
      this.complain(error);
    }
  }

  async start(form) {
    try {
      await post('start', filled(form));
      say(this.problem, '');
      location.hash = '#overview';
    } catch (error) {
      this.complain(error);
    }
  }

  async demo() {
    try {
      await post('start', { demo: true });
      location.hash = '#overview';
    } catch (error) {
      this.complain(error);
    }
  }
}
