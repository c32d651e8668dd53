// The page: one store fed by ticks, a view for each tab, the run's state and controls on top.

import { ask, choice, el, field, fill, say } from './dom.js';
import { carriesToken, enter, get, listen, post } from './client.js';
import { clock, ms, OUTLOOKS, rate, share, STAGES } from './format.js';
import { EndpointsView, FailuresView, LogView, MixView } from './details.js';
import { HistoryView } from './history.js';
import { OverviewView } from './overview.js';
import { TestView } from './test.js';

const TABS = [['test', 'Test'], ['overview', 'Overview'], ['endpoints', 'Endpoints'], ['failures', 'Failures'], ['mix', 'Mix'], ['log', 'Log'], ['history', 'History']];

const store = {
  generation: -1, step: 1, second: 0, points: [], kinds: [], endpoints: [], readOnly: false,
  status: { stage: 'idle', objectives: [], marks: [], now: {}, total: { response: {} }, generator: { ok: true, against: [], notes: [] }, run: null, verdict: null, scenarios: [], elapsed_s: 0 },
  notify, onEndpoint,
};

let offer = null;
let current = '';
let noticeTimer = 0;

const views = {
  test: new TestView(notify), overview: new OverviewView(store), endpoints: new EndpointsView(store), failures: new FailuresView(store),
  mix: new MixView(store), log: new LogView(store), history: new HistoryView(store, () => offer),
};

/** Says something for a while. */
function notify(text) {
  const notice = document.getElementById('notice');
  say(notice, text);
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { notice.hidden = true; }, 8000);
}

/** An endpoint was picked in the table: its charts. */
function onEndpoint(id) {
  views.overview.endpoint = id;
  views.overview.own = null;
  views.overview.pickerKey = '';
  location.hash = '#overview';
}

// ---- ticks ----

async function onTick(tick) {
  if (tick.generation !== store.generation) {
    Object.assign(store, { generation: tick.generation, points: [], kinds: [], endpoints: [], step: tick.step });
  }
  if (tick.step !== store.step && tick.points.length) {
    // Points became longer: all of them are others now.
    store.step = tick.step;
    const all = await get('series').catch(() => null);
    if (all && all.generation === store.generation) Object.assign(store, { points: all.points, kinds: all.kinds });
  } else {
    tick.points.forEach((point, i) => {
      const at = store.points.findLastIndex((p) => p[0] <= point[0]);
      if (at >= 0 && store.points[at][0] === point[0]) {
        store.points[at] = point;
        store.kinds[at] = tick.kinds[i];
      } else {
        store.points.push(point);
        store.kinds.push(tick.kinds[i]);
      }
    });
  }
  store.second = tick.second;
  store.status = tick;
  draw();
  if (store.points.length && (!store.endpoints.length || store.second % 10 === 0)) {
    const rows = await get('endpoints').catch(() => null);
    if (rows) store.endpoints = rows.rows;
  }
}

// ---- head and controls ----

const head = {
  state: el('span.state', null), name: el('strong', null), facts: el('span.facts', null), connection: el('span.fail', { hidden: true }, 'connection lost, trying again'),
};
const spoken = el('span.visually-hidden', { 'aria-live': 'polite' });
fill(document.getElementById('head'), head.state, head.name, head.facts, head.connection, spoken);

function drawHead() {
  const { status } = store;
  const { run, now, verdict } = status;
  const stage = STAGES[status.stage];
  say(head.state, verdict ? `${OUTLOOKS[verdict.outlook][0]} ${OUTLOOKS[verdict.outlook][1]}` : stage);
  head.state.className = `state ${status.stage} ${verdict ? OUTLOOKS[verdict.outlook][2] : ''}`;
  say(spoken, verdict ? `${stage}. ${verdict.summary}` : stage);
  say(head.name, run ? run.name : 'no run yet');
  const broken = status.objectives.filter((o) => o.standing === 'failed').length;
  const facts = run ? [
    run.planned_s === null ? clock(status.elapsed_s) : `${clock(status.elapsed_s)} of ${clock(run.planned_s)}`,
    rate(now.requests_per_second), `p95 ${ms(now.p95_ms)}`, `failed ${share(now.error_rate)}`,
    status.objectives.length ? `objectives ${broken ? `✗ ${broken} of ${status.objectives.length}` : '✓'}` : null,
    `generator ${status.generator.ok ? '✓' : '✗'}`,
  ].filter(Boolean) : [];
  const shown = ['ended', 'idle'].includes(status.stage) ? [run ? run.targets.join(', ') : ''] : facts;
  say(head.facts, shown.join('   '));
  document.title = run ? `${stage}: ${run.name} – brunt` : 'brunt';
}

const buttons = {
  edit: el('button', { type: 'button', onclick: edit }, 'Edit'),
  note: el('button', { type: 'button', onclick: note }, 'Add note'),
  pause: el('button', { type: 'button', onclick: () => act(store.status.stage === 'paused' ? { act: 'resume' } : { act: 'pause' }) }, 'Pause'),
  stop: el('button.stop', { type: 'button', onclick: () => act(store.status.stage === 'stopping' ? { act: 'cut' } : { act: 'stop' }) }, 'Stop'),
  fresh: el('button.first', { type: 'button', onclick: () => { location.hash = '#test'; } }, 'New test'),
  theme: el('button', { type: 'button', onclick: switchTheme, 'aria-label': 'Theme' }, '◐'),
};
fill(document.getElementById('controls'), Object.values(buttons));

function drawControls() {
  const { stage } = store.status;
  const runs = ['running', 'paused', 'stopping'].includes(stage);
  for (const name of ['edit', 'note', 'pause', 'stop']) buttons[name].hidden = !runs || store.readOnly;
  buttons.edit.hidden ||= stage === 'stopping';
  buttons.pause.hidden ||= stage === 'stopping';
  buttons.fresh.hidden = runs || stage === 'starting' || store.readOnly;
  say(buttons.pause, stage === 'paused' ? 'Go on' : 'Pause');
  say(buttons.stop, stage === 'stopping' ? 'Cut' : 'Stop');
}

async function act(what) {
  try {
    notify((await post('act', what)).text);
  } catch (error) {
    notify(error.message);
  }
}

function edit() {
  const { run, scenarios, now } = store.status;
  const names = run.scenarios.map((s) => s.name);
  const open = run.scenarios.some((s) => s.open);
  const closed = run.scenarios.some((s) => !s.open);
  const users = scenarios.reduce((sum, s) => sum + s.users, 0);
  ask('Change the load', [
    el('p', null, 'From now on. Statistics go on; the charts get a mark.'),
    names.length > 1 ? field('Scenario', Object.assign(choice(names, '', 'all'), { name: 'scenario' })) : null,
    closed ? [field('Number of users', el('input', { name: 'users', type: 'number', min: 1, value: users })),
      field('Spawn rate', el('input', { name: 'spawn_rate', value: '', placeholder: '10/s' }), 'users that come or go per second; empty: at once')] : null,
    open ? field('Rate', el('input', { name: 'rate', value: '', placeholder: `${Math.round(now.due_per_second || 1)}/s` }), 'arrivals, as 50/s') : null,
  ], 'Change', async (form) => {
    const text = (name) => form.elements[name]?.value.trim() || undefined;
    const isOpen = text('rate') !== undefined;
    const wanted = { act: 'edit', scenario: text('scenario'), rate: text('rate') };
    if (!isOpen) Object.assign(wanted, { users: text('users') && Number(text('users')), spawn_rate: text('spawn_rate') });
    notify((await post('act', wanted)).text);
  });
}

function note() {
  ask('Add a note', [field('Note', el('input', { name: 'text', maxlength: 200, autocomplete: 'off' }), 'stands on the charts and in the record')], 'Add', async (form) => {
    notify((await post('act', { act: 'annotate', text: form.elements.text.value })).text);
  });
}

// ---- theme ----

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  setTheme(dark ? 'light' : 'dark');
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try { localStorage.setItem('brunt-theme', theme); } catch { /* private windows have none */ }
  window.dispatchEvent(new Event('themechange'));
}

try {
  const kept = localStorage.getItem('brunt-theme');
  if (kept) document.documentElement.dataset.theme = kept;
} catch { /* private windows have none */ }

// ---- tabs ----

const links = TABS.map(([id, text]) => el('a', { href: `#${id}`, id: `tab-${id}` }, text));
fill(document.getElementById('tabs'), links);

function show() {
  const asked = location.hash.slice(1).split('?')[0];
  const idle = store.status.stage === 'idle' && !store.status.run;
  const wanted = TABS.some(([id]) => id === asked) ? asked : idle ? 'test' : 'overview';
  if (wanted === current) return;
  current = wanted;
  links.forEach((link) => (link.id === `tab-${wanted}` ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current')));
  const main = document.getElementById('main');
  fill(main, views[wanted].node);
  views[wanted].key = '';
  draw();
}

function draw() {
  drawHead();
  drawControls();
  views[current]?.draw?.();
}

// The address with the token, opened in a tab that is here already: begin anew, as any other tab would.
window.addEventListener('hashchange', () => (carriesToken() ? location.reload() : show()));

// ---- begin ----

async function begin() {
  try {
    await enter();
    const status = await get('status');
    store.readOnly = status.read_only;
    store.status = { ...store.status, ...status };
    offer = await get('plan');
    views.test.show(offer, store.readOnly);
  } catch (error) {
    fill(document.getElementById('main'), el('p.problem', { role: 'alert' }, error.message));
    return;
  }
  show();
  // One after the other: a tick that asks for all points must not lay older ones over what a later tick brought.
  let before = Promise.resolve();
  const inTurn = (tick) => { before = before.then(() => onTick(tick)).catch((error) => console.error(error)); };
  listen(inTurn, (isOpen) => { head.connection.hidden = isOpen; });
}

begin();
