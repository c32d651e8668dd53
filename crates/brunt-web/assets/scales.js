// Where values stand along an axis, where its marks are, and what stands at them. The rules are those of `figure.rs` and `ticks.rs`
// of brunt-figure; a test in a browser holds both against each other.

import { bytes, clock, digits } from './format.js';

/** @typedef {{label: string, unit: string, scale: string|{names: string[]}, low: number, high: number}} Axis */

const TIMES = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600];

/** @param {Axis} axis */
export const names = (axis) => (typeof axis.scale === 'object' ? axis.scale.names : null);

/** A value in words. */
export function show(unit, value) {
  switch (unit) {
    case 'milliseconds': return Math.abs(value) >= 1000 ? `${digits(value / 1000)} s` : `${digits(value)} ms`;
    case 'seconds': return Math.abs(value % 1) > 1e-6 && value < 60 ? `${digits(value)} s` : clock(Math.max(0, value));
    case 'per_second': return `${digits(value)}/s`;
    case 'share': return `${digits(value * 100)} %`;
    case 'bytes': return bytes(value);
    default: return digits(value);
  }
}

/** The place of a value, 0 to 1, or null where it has none. @param {Axis} axis */
export function place(axis, value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return null;
  const { low, high } = axis;
  const within = (x) => Math.min(1, Math.max(0, x));
  if (axis.scale === 'log') return value > 0 ? within(Math.log(value / low) / Math.log(high / low)) : 0;
  if (axis.scale === 'tail') {
    const depth = (v) => -Math.log10(Math.max(1 - v, 1e-12));
    return within((depth(value) - depth(low)) / Math.max(depth(high) - depth(low), 1e-9));
  }
  return within((value - low) / (high - low));
}

/** The value at a place: what `place` undoes. @param {Axis} axis */
export function value(axis, at) {
  const { low, high } = axis;
  if (axis.scale === 'log') return low * (high / low) ** at;
  if (axis.scale === 'tail') {
    const depth = (v) => -Math.log10(Math.max(1 - v, 1e-12));
    return 1 - 10 ** -(depth(low) + at * (depth(high) - depth(low)));
  }
  return low + at * (high - low);
}

function words(axis, v) {
  if (axis.scale === 'tail') return `${(v * 100).toFixed(5).replace(/\.?0+$/, '')} %`;
  if (axis.unit === 'seconds' && axis.high < 60) return `${digits(v)} s`;
  return show(axis.unit, v);
}

function multiples(axis, step) {
  const first = Math.ceil(axis.low / step - 1e-9);
  const count = Math.min(200, Math.max(-1, Math.floor(axis.high / step + 1e-9) - first)) + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

function linear(axis, wanted) {
  const rough = (axis.high - axis.low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].find((m) => m * power >= rough * 0.999) ?? 10;
  return multiples(axis, nice * power);
}

function logarithmic(axis, wanted) {
  const decades = [];
  for (let d = Math.floor(Math.log10(axis.low)); d <= Math.ceil(Math.log10(axis.high)); d += 1) decades.push(d);
  const within = (v) => v >= axis.low * 0.999 && v <= axis.high * 1.001;
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const marks = decades.flatMap((d) => steps.map((s) => s * 10 ** d)).filter(within);
    if (marks.length <= Math.max(wanted, 3)) return marks.length < 2 ? linear(axis, wanted) : marks;
  }
  return decades.map((d) => 10 ** d).filter(within).filter((_, i) => i % 2 === 0);
}

/** The marks of an axis, about `wanted` of them: value and words. @param {Axis} axis @param {number} wanted */
export function ticks(axis, wanted) {
  const most = Math.max(2, wanted);
  const named = names(axis);
  if (named) return named.map((name, i) => [i + 0.5, name]);
  let at;
  if (axis.scale === 'log') at = logarithmic(axis, most);
  else if (axis.scale === 'time') {
    const span = (axis.high - axis.low) / most;
    at = multiples(axis, TIMES.find((s) => s >= span) ?? 86400 * Math.ceil(span / 86400));
  } else if (axis.scale === 'tail') {
    at = [0, 0.5, ...Array.from({ length: 9 }, (_, i) => 1 - 10 ** -(i + 1))].filter((v) => v <= axis.high + 1e-12);
  } else at = linear(axis, most);
  return at.map((v) => [v, words(axis, v)]);
}
