// Figures of brunt in the browser: what the static drawings show, with a cursor over all charts of a page, zoom, and lines that can be
// left out. A figure comes as brunt-figure's JSON; `update` draws the next one in place.

import { el, fill, say } from './dom.js';
import { ink, marks, shades, svg } from './marks.js';
import { names, place, show, ticks, value } from './scales.js';

const HEIGHT = 210;
const ROW = 26;
/** Seconds, or other steps, that a key moves the cursor by; ten times as many with Shift. */
const STEP = 1;

/** A place along the time axis that all charts of a page share. */
export class Cursor {
  constructor() {
    this.x = null;
    this.zoom = null;
    this.charts = new Set();
  }

  move(x) {
    if (x === this.x) return;
    this.x = x;
    for (const chart of this.charts) chart.point();
  }

  /** @param {[number, number]|null} zoom */
  look(zoom) {
    this.zoom = zoom;
    for (const chart of this.charts) chart.redraw();
  }
}

export class Chart {
  /** @param {Element} element @param {{cursor?: Cursor}} options */
  constructor(element, { cursor } = {}) {
    this.element = element;
    this.cursor = cursor || new Cursor();
    this.cursor.charts.add(this);
    this.hidden = new Set();
    this.frames = [];
    this.title = el('figcaption', null);
    this.legend = el('div.legend', null);
    this.says = el('p', null);
    this.drawing = el('div.drawing', { tabindex: '0', role: 'application', onkeydown: (event) => this.key(event) });
    this.read = el('p.readout.soft', null, '\u00a0');
    this.help = el('p.soft', null);
    this.numbers = el('div', null);
    this.details = el('details', { ontoggle: () => this.table() }, el('summary', null, 'Numbers'), this.numbers);
    this.reset = el('button', { type: 'button', hidden: true, onclick: () => this.cursor.look(null) }, 'Whole time');
    this.figure = null;
    fill(element, el('figure', null, this.title, this.legend, this.says, this.drawing, el('div.under', null, this.read, this.reset), this.help, this.details));
    this.resized = new ResizeObserver(() => this.redraw());
    this.resized.observe(this.drawing);
  }

  destroy() {
    this.resized.disconnect();
    this.cursor.charts.delete(this);
    this.element.replaceChildren();
  }

  /** @param {any} figure */
  update(figure) {
    this.figure = figure;
    say(this.title, figure.title);
    say(this.help, [figure.how_to_read, ...figure.notes].join(' '));
    say(this.says, figure.says.join(' '));
    this.says.hidden = !figure.says.length;
    this.drawing.setAttribute('aria-label', `${figure.title}. Arrow keys move the cursor; the numbers are in the table below.`);
    this.drawLegend();
    this.redraw();
    this.table();
  }

  drawLegend() {
    const entries = new Map();
    for (const panel of this.figure.panels) {
      for (const line of panel.marks.lines || panel.marks.bars || []) if (line.name) entries.set(line.name, line);
    }
    const key = JSON.stringify([...entries.values()].map((l) => [l.name, l.ink, l.stroke]));
    if (key === this.legendKey) return;
    this.legendKey = key;
    this.legend.hidden = entries.size < 2;
    fill(this.legend, [...entries.values()].map((line) => {
      const swatch = svg('svg', { width: 22, height: 10, 'aria-hidden': 'true' },
        svg('path', { d: 'M1 5H21', class: `s-${ink(line.ink)}`, 'stroke-width': 3, ...(line.stroke === 'dashed' ? { 'stroke-dasharray': '6 4' } : {}) }));
      const button = el('button.key', { type: 'button', 'aria-pressed': String(!this.hidden.has(line.name)), onclick: () => {
        if (!this.hidden.delete(line.name)) this.hidden.add(line.name);
        button.setAttribute('aria-pressed', String(!this.hidden.has(line.name)));
        this.redraw();
      } }, swatch, ` ${line.name}`);
      return button;
    }));
  }

  /** The panel as it is looked at: zoomed, without what is hidden. */
  seen(panel) {
    const { zoom } = this.cursor;
    const x = zoom && panel.x.scale === 'time' ? { ...panel.x, low: zoom[0], high: zoom[1] } : panel.x;
    const keep = (line) => !this.hidden.has(line.name);
    const all = panel.marks.lines;
    const within = (spots) => (x === panel.x ? spots : spots.filter((s) => s.x >= x.low && s.x <= x.high));
    const shown = all ? { lines: all.filter(keep).map((l) => ({ ...l, spots: within(l.spots) })) }
      : panel.marks.bars ? { bars: panel.marks.bars.filter(keep) } : panel.marks;
    return { ...panel, x, marks: shown };
  }

  redraw() {
    if (!this.figure) return;
    const width = Math.floor(this.drawing.clientWidth);
    if (width < 60) return;
    const { panels } = this.figure;
    const columns = panels.length > 2 && width > 640 ? 2 : 1;
    const wide = Math.floor(width / columns) - (columns > 1 ? 8 : 0);
    this.frames = [];
    const drawn = panels.map((panel) => this.panel(this.seen(panel), wide));
    this.drawing.replaceChildren(...drawn);
    this.reset.hidden = !this.cursor.zoom;
    this.point();
  }

  panel(panel, width) {
    const named = names(panel.y);
    const top = (panel.title ? 18 : 0) + (named && !panel.marks.cells ? 6 : 22);
    const gutter = named ? Math.min(220, width * 0.38, Math.max(...named.map((n) => n.length * 7), 20)) + 8 : 58;
    const rows = named ? named.length * Math.max(ROW, 14 * (panel.marks.bars?.length || 1)) : HEIGHT;
    const inner = { left: gutter, top, width: Math.max(40, width - gutter - 12), height: rows };
    const height = top + rows + (panel.x.label ? 38 : 22);
    const x = (v) => { const at = place(panel.x, v); return at === null ? null : inner.left + at * inner.width; };
    const y = (v) => {
      const at = place(panel.y, v);
      if (at === null) return null;
      return named ? inner.top + at * inner.height : inner.top + inner.height - at * inner.height;
    };
    const frame = { panel, inner, x, y };
    const root = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': panel.title || this.figure.title });
    const text = (content, attributes) => root.appendChild(svg('text', attributes, content));
    if (panel.title) text(panel.title, { x: 0, y: 13, class: 'title f-text' });
    if (!named) text(panel.y.scale === 'log' ? `${panel.y.label} (logarithmic)` : panel.y.label, { x: 0, y: top - 8, class: 'small f-soft' });
    if (panel.marks.cells) root.append(...shades(panel.marks.cells, width - 2, top - 8));
    this.bands(root, frame);
    this.axes(root, frame);
    root.append(...marks(frame));
    for (const limit of panel.limits) this.limit(root, frame, limit);
    frame.pointer = root.appendChild(svg('path', { class: 's-text', 'stroke-width': 1, 'stroke-dasharray': '2 2', fill: 'none', d: '' }));
    frame.zoomed = root.appendChild(svg('rect', { class: 'f-soft', 'fill-opacity': 0.2, width: 0, height: inner.height, y: inner.top, x: 0 }));
    this.frames.push(frame);
    this.mouse(root, frame);
    return root;
  }

  bands(root, { panel, inner, x }) {
    const shown = panel.bands.filter((band) => band.to >= panel.x.low && band.from <= panel.x.high);
    shown.forEach((band, i) => {
      const [from, to] = [x(band.from), x(band.to)];
      root.appendChild(svg('rect', { x: from, y: inner.top, width: Math.max(2, to - from), height: inner.height, class: `f-${band.tone}` }, svg('title', null, band.name)));
      // Names end where the next one begins; what has no room is in the title and in the log.
      const end = i + 1 < shown.length ? x(shown[i + 1].from) : inner.left + inner.width;
      const room = Math.floor((end - from) / 7);
      if (room > 4) root.appendChild(svg('text', { x: from + 3, y: inner.top + 12, class: 'small f-soft' }, band.name.length > room ? `${band.name.slice(0, room - 1)}…` : band.name));
    });
  }

  axes(root, { panel, inner, x, y }) {
    const named = names(panel.y);
    const right = inner.left + inner.width;
    const bottom = inner.top + inner.height;
    for (const [at, word] of ticks(panel.y, Math.floor(inner.height / 34))) {
      if (!named) root.appendChild(svg('path', { d: `M${inner.left} ${y(at)}H${right}`, class: 's-grid' }));
      const room = Math.floor((inner.left - 8) / 6.6);
      const short = word.length > room ? `${word.slice(0, Math.max(1, room - 1))}…` : word;
      root.appendChild(svg('text', { x: inner.left - 6, y: y(at) + 4, 'text-anchor': 'end', class: 'small f-text' }, short, short === word ? null : svg('title', null, word)));
    }
    let free = -Infinity;
    for (const [at, word] of ticks(panel.x, Math.floor(inner.width / 70))) {
      if (!names(panel.x)) root.appendChild(svg('path', { d: `M${x(at)} ${inner.top}V${bottom}`, class: 's-grid' }));
      const half = word.length * 3.3;
      if (x(at) - half > free) {
        root.appendChild(svg('text', { x: x(at), y: bottom + 16, 'text-anchor': x(at) + half > right + 10 ? 'end' : 'middle', class: 'small f-text' }, word));
        free = x(at) + half + 6;
      }
    }
    root.appendChild(svg('path', { d: `M${inner.left} ${bottom}H${right}`, class: 's-soft' }));
    if (panel.x.label) root.appendChild(svg('text', { x: inner.left + inner.width / 2, y: bottom + 33, 'text-anchor': 'middle', class: 'small f-soft' }, panel.x.label));
  }

  limit(root, { inner, x, y }, limit) {
    const along = limit.along === 'y';
    const at = along ? y(limit.at) : x(limit.at);
    const d = along ? `M${inner.left} ${at}H${inner.left + inner.width}` : `M${at} ${inner.top}V${inner.top + inner.height}`;
    root.appendChild(svg('path', { d, class: 's-limit', 'stroke-width': 1.4, 'stroke-dasharray': '6 4' }, svg('title', null, limit.name)));
    root.appendChild(svg('text', { x: along ? inner.left + inner.width - 4 : at + 4, y: along ? at - 4 : inner.top + 12, 'text-anchor': along ? 'end' : 'start', class: 'small f-limit' }, limit.name));
  }

  // ---- cursor and zoom ----

  mouse(root, frame) {
    if (!frame.panel.marks.lines || frame.panel.x.scale !== 'time') return;
    const at = (event) => {
      const box = root.getBoundingClientRect();
      const within = (event.clientX - box.left - frame.inner.left) / frame.inner.width;
      return value(frame.panel.x, Math.min(1, Math.max(0, within)));
    };
    let from = null;
    root.addEventListener('pointermove', (event) => {
      this.cursor.move(at(event));
      if (from === null) return;
      const [a, b] = [frame.x(Math.min(from, at(event))), frame.x(Math.max(from, at(event)))];
      frame.zoomed.setAttribute('x', a);
      frame.zoomed.setAttribute('width', b - a);
    });
    root.addEventListener('pointerleave', () => { if (from === null) this.cursor.move(null); });
    root.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || event.pointerType === 'touch') return;
      from = at(event);
      root.setPointerCapture(event.pointerId);
    });
    root.addEventListener('pointerup', (event) => {
      const [low, high] = [Math.min(from, at(event)), Math.max(from, at(event))];
      frame.zoomed.setAttribute('width', 0);
      if (from !== null && (high - low) / (frame.panel.x.high - frame.panel.x.low) > 0.02) this.cursor.look([low, high]);
      from = null;
    });
    root.addEventListener('dblclick', () => this.cursor.look(null));
  }

  key(event) {
    const frame = this.frames.find((f) => f.panel.marks.lines);
    if (!frame || !['ArrowLeft', 'ArrowRight', 'Home', 'End', 'Escape'].includes(event.key)) return;
    event.preventDefault();
    const { low, high } = frame.panel.x;
    const step = STEP * (event.shiftKey ? 10 : 1) * (event.key === 'ArrowLeft' ? -1 : 1);
    const now = this.cursor.x ?? high;
    const to = { Home: low, End: high, Escape: null }[event.key];
    this.cursor.move(to === undefined ? Math.min(high, Math.max(low, now + step)) : to);
    // Spoken only when a key asked for it: a mouse passes over hundreds of values.
    this.read.setAttribute('aria-live', 'polite');
  }

  /** Shows the cursor, and what the lines are there. */
  point() {
    const { x } = this.cursor;
    let words = '';
    for (const frame of this.frames) {
      const { panel, inner } = frame;
      const isShown = x !== null && panel.x.scale === 'time' && panel.marks.lines && x >= panel.x.low && x <= panel.x.high;
      frame.pointer.setAttribute('d', isShown ? `M${frame.x(x)} ${inner.top}V${inner.top + inner.height}` : '');
      if (!isShown) continue;
      const near = (line) => line.spots.reduce((best, s) => (best === null || Math.abs(s.x - x) < Math.abs(best.x - x) ? s : best), null);
      const parts = panel.marks.lines.map((line) => {
        const spot = near(line);
        return spot ? `${line.name || panel.title} ${spot.y === null ? '–' : show(panel.y.unit, spot.y)}` : null;
      }).filter(Boolean);
      words += `${words ? ' · ' : `${show('seconds', Math.floor(x))}: `}${parts.join(', ')}`;
    }
    say(this.read, words || '\u00a0');
  }

  // ---- numbers ----

  table() {
    if (!this.details.open || !this.figure) return;
    const heads = [];
    const rows = [];
    for (const panel of this.figure.panels) {
      const many = this.figure.panels.length > 1 && panel.title ? `${panel.title}, ` : '';
      for (const line of panel.marks.lines || []) {
        line.spots.slice(-300).forEach((spot) => rows.push([`${many}${line.name}`, show(panel.x.unit, spot.x), spot.y === null ? '–' : show(panel.y.unit, spot.y)]));
      }
      const named = names(panel.y) || [];
      for (const kind of panel.marks.bars || []) kind.values.forEach((v, i) => rows.push([`${many}${named[i]}`, kind.name || panel.x.label, v === null ? '–' : show(panel.x.unit, v)]));
      (panel.marks.boxes || []).forEach((b, i) => rows.push([`${many}${named[i]}`, 'median, p99', `${b.median === null ? '–' : show(panel.x.unit, b.median)}, ${b.p99 === null ? '–' : show(panel.x.unit, b.p99)}`]));
      for (const dot of panel.marks.dots || []) rows.push([dot.name, show(panel.x.unit, dot.x), show(panel.y.unit, dot.y)]);
      const cells = panel.marks.cells;
      if (cells) {
        const width = cells.columns.length - 1;
        cells.values.forEach((v, i) => {
          if (v === null || rows.length >= 300) return;
          const at = (axis, edges, n) => (names(axis) ? names(axis)[n] : `${show(axis.unit, edges[n])} to ${show(axis.unit, edges[n + 1])}`);
          rows.push([at(panel.y, cells.rows, Math.floor(i / width)), at(panel.x, cells.columns, i % width), show(cells.unit, v)]);
        });
      }
    }
    heads.push('What', 'Where', 'Value');
    fill(this.numbers, el('div.table', { tabindex: '0', role: 'region', 'aria-label': `Numbers of ${this.figure.title}` }, el('table', null,
      el('thead', null, el('tr', null, heads.map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', null, rows.map((row) => el('tr', null, row.map((cell, i) => el(i ? 'td' : 'th', i ? null : { scope: 'row' }, cell))))))));
  }
}
