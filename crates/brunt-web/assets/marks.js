// What is drawn between a panel's axes, as SVG. Colours are classes (`s-` strokes, `f-` fills): the style sheet has them for
// light and dark, from the palettes that brunt-figure measures.

import { names, show } from './scales.js';

const NS = 'http://www.w3.org/2000/svg';
const SHADES = 16;
const CATEGORIES = 8;

/** An SVG element. Its text gets in as text. */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, String(value));
  for (const child of children.flat()) if (child) node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  return node;
}

/** The class of a colour by what it means. */
export function ink(of) {
  if (typeof of === 'object') return of.category < CATEGORIES ? `c${of.category}` : 'muted';
  return { baseline: 'base' }[of] ?? of;
}

const thickness = (of) => ({ p50: 1.3, muted: 1.3, p99: 2.2 }[of] ?? 1.8);
const px = (n) => Math.round(n * 10) / 10;

/** The stretches of a line without gaps. */
function stretches(spots) {
  const parts = [[]];
  for (const spot of spots) {
    if (spot.y === null || spot.y === undefined) parts.push([]);
    else parts[parts.length - 1].push(spot);
  }
  return parts.filter((part) => part.length);
}

function lines(frame, all) {
  const drawn = [];
  for (const line of all) {
    const colour = ink(line.ink);
    for (const part of stretches(line.spots)) {
      if (!part.some((s) => s.spread)) continue;
      const edge = (which) => part.map((s) => `${px(frame.x(s.x))} ${px(frame.y(s.spread ? s.spread[which] : s.y))}`);
      drawn.push(svg('path', { d: `M${[...edge(1), ...edge(0).reverse()].join('L')}Z`, class: `f-${colour}`, 'fill-opacity': 0.18, stroke: 'none' }));
    }
  }
  for (const line of all) {
    const colour = ink(line.ink);
    const path = stretches(line.spots).map((part) => (part.length === 1
      ? `M${px(frame.x(part[0].x)) - 1.5} ${px(frame.y(part[0].y))}h3`
      : `M${part.map((s) => `${px(frame.x(s.x))} ${px(frame.y(s.y))}`).join('L')}`)).join('');
    if (!path) continue;
    const attributes = { d: path, class: `s-${colour}`, fill: 'none', 'stroke-width': thickness(line.ink), 'stroke-linejoin': 'round' };
    if (line.stroke === 'dashed') attributes['stroke-dasharray'] = '6 4';
    drawn.push(svg('path', attributes, svg('title', null, line.name)));
  }
  return drawn;
}

function bars(frame, all) {
  const named = names(frame.panel.y) || [];
  const slot = frame.inner.height / Math.max(1, named.length);
  const each = (slot - 6) / Math.max(1, all.length);
  return named.flatMap((name, at) => all.map((kind, which) => {
    const value = kind.values[at];
    const words = value === null || value === undefined ? '–' : show(frame.panel.x.unit, value);
    const end = frame.x(value ?? frame.panel.x.low) ?? frame.inner.left;
    const top = frame.inner.top + slot * at + 3 + each * which;
    const inside = end + 60 > frame.inner.left + frame.inner.width && end - frame.inner.left > 70;
    return svg('g', null, svg('title', null, `${name}${kind.name ? `, ${kind.name}` : ''}: ${words}`),
      svg('rect', { x: px(frame.inner.left), y: px(top), width: px(Math.max(0, end - frame.inner.left)), height: px(Math.max(1, each - 1)), class: `f-${ink(kind.ink)}` }),
      each >= 10 ? svg('text', { x: px(inside ? end - 4 : end + 4), y: px(top + each / 2 + 4), class: `small ${inside ? 'f-ground' : 'f-text'}`, 'text-anchor': inside ? 'end' : 'start' }, words) : null);
  }));
}

function boxes(frame, all) {
  const named = names(frame.panel.y) || [];
  const words = (v) => (v === null || v === undefined ? '–' : show(frame.panel.x.unit, v));
  return all.map((mark, at) => {
    const y = frame.y(at + 0.5);
    const x = (v) => (v === null || v === undefined ? null : px(frame.x(v)));
    const parts = [svg('title', null, `${named[at]}: median ${words(mark.median)}, middle half ${words(mark.quartiles[0])} to ${words(mark.quartiles[1])}, p99 ${words(mark.p99)}, slowest ${words(mark.extremes[1])}`)];
    const line = (d, colour, width) => parts.push(svg('path', { d, class: `s-${colour}`, fill: 'none', 'stroke-width': width }));
    const [from, to] = mark.whiskers.map(x);
    if (from !== null && to !== null) line(`M${from} ${y}H${to}M${from} ${y - 4}v8M${to} ${y - 4}v8`, 'soft', 1.2);
    const left = x(mark.quartiles[0] ?? mark.median);
    const right = x(mark.quartiles[1]);
    if (left !== null && right !== null) parts.push(svg('rect', { x: left, y: y - 7, width: Math.max(1, right - left), height: 14, class: 'f-p50' }));
    const median = x(mark.median);
    if (median !== null) line(`M${median} ${y - 7}v14`, 'text', 2.4);
    if (x(mark.p99) !== null) parts.push(svg('circle', { cx: x(mark.p99), cy: y, r: 3, class: 'f-p99' }));
    if (x(mark.extremes[1]) !== null) parts.push(svg('circle', { cx: x(mark.extremes[1]), cy: y, r: 3, class: 's-limit', fill: 'none' }));
    return svg('g', null, parts);
  });
}

/** The least and greatest of some cells. */
function ends(cells) {
  const known = cells.values.filter((v) => v !== null);
  const high = known.reduce((m, v) => Math.max(m, v), 0);
  return cells.shade === 'log' ? [known.reduce((m, v) => Math.min(m, v), Infinity), high] : [0, high];
}

function shade(cells, [low, high], value) {
  let at = 0.5;
  if (high > low) at = cells.shade === 'log' ? 0.12 + (0.88 * Math.log(value / low)) / Math.log(high / low) : (value - low) / (high - low);
  return Math.round(Math.min(1, Math.max(0, at)) * (SHADES - 1));
}

function cells(frame, all) {
  const [columns, rows] = [all.columns.length - 1, all.rows.length - 1];
  const between = ends(all);
  const paths = Array.from({ length: SHADES }, () => []);
  const texts = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const value = all.values[row * columns + column] ?? null;
      const [left, right] = [frame.x(all.columns[column]), frame.x(all.columns[column + 1])];
      const [one, other] = [frame.y(all.rows[row]), frame.y(all.rows[row + 1])];
      if ([left, right, one, other].includes(null)) continue;
      const top = Math.min(one, other);
      const step = value === null ? 0 : shade(all, between, value);
      if (value !== null) paths[step].push(`M${px(left)} ${px(top)}H${px(right)}V${px(Math.max(one, other))}H${px(left)}Z`);
      if (all.written === 'in_cells') {
        texts.push(svg('text', { x: px((left + right) / 2), y: px((one + other) / 2 + 4), 'text-anchor': 'middle', class: `small ${value === null ? 'f-soft' : `f-o${step}`}` }, value === null ? '–' : show(all.unit, value)));
      }
    }
  }
  const drawn = paths.map((path, step) => (path.length ? svg('path', { d: path.join(''), class: `f-h${step}`, 'shape-rendering': 'crispEdges' }) : null));
  return [...drawn.filter(Boolean), ...texts];
}

function dots(frame, all) {
  return all.map((dot) => svg('circle', { cx: px(frame.x(dot.x)), cy: px(frame.y(dot.y)), r: 3.4, class: `f-${ink(dot.ink)}`, 'fill-opacity': 0.75 },
    svg('title', null, `${dot.name}: ${show(frame.panel.x.unit, dot.x)}, ${show(frame.panel.y.unit, dot.y)}`)));
}

/** All that a panel draws. @param {any} frame */
export function marks(frame) {
  const [kind] = Object.keys(frame.panel.marks);
  return { lines, bars, boxes, cells, dots }[kind](frame, frame.panel.marks[kind]);
}

/** The key of shades. */
export function shades(all, right, base) {
  const [low, high] = ends(all);
  if (!Number.isFinite(low)) return [];
  const most = show(all.unit, high);
  const end = right - most.length * 7 - 6;
  const first = end - 6 * SHADES;
  return [svg('text', { x: right, y: base, 'text-anchor': 'end', class: 'small f-soft' }, most),
    ...Array.from({ length: SHADES }, (_, step) => svg('rect', { x: first + 6 * step, y: base - 10, width: 6, height: 11, class: `f-h${step}` })),
    svg('text', { x: first - 6, y: base, 'text-anchor': 'end', class: 'small f-soft' }, `${all.label}: ${show(all.unit, low)}`)];
}
