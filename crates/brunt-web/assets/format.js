// Numbers as people read them: three digits that count, a unit in each, `–` for what was not measured. The rules are those of
// `unit.rs` of brunt-figure, and a test compares both.

const NONE = '–';

/** Three digits that count. @param {number} value */
export function digits(value) {
  const size = Math.abs(value);
  if (size < 1e-9) return '0';
  const places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : Math.min(9, 2 - Math.floor(Math.log10(size)));
  const text = value.toFixed(places);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  const [whole, rest] = short.split('.');
  const grouped = whole.replace('-', '').length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole;
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

/** A time. @param {number|null} value in milliseconds */
export function ms(value) {
  if (!known(value)) return NONE;
  return Math.abs(value) >= 1000 ? `${digits(value / 1000)} s` : `${digits(value)} ms`;
}

/** @param {number|null} value per second */
export const rate = (value) => (known(value) ? `${digits(value)}/s` : NONE);

/** @param {number|null} value 0 to 1 */
export const share = (value) => (known(value) ? `${digits(value * 100)} %` : NONE);

/** @param {number|null} value */
export const count = (value) => (known(value) ? digits(Math.round(value)) : NONE);

/** All digits of a whole number. @param {number|null} value */
export const exact = (value) => (known(value) ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f') : NONE);

/** @param {number|null} value */
export function bytes(value) {
  if (!known(value)) return NONE;
  for (const [size, unit] of [[1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']]) if (value >= size) return `${digits(value / size)} ${unit}`;
  return `${digits(value)} B`;
}

/** Seconds of a run: `1:05`, `1:02:03`. @param {number|null} value */
export function clock(value) {
  if (!known(value)) return NONE;
  const whole = Math.round(value);
  const two = (n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A moment, in UTC. @param {number} unixMs */
export function moment(unixMs) {
  if (!unixMs) return NONE;
  return `${new Date(unixMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** How long ago. @param {number} unixMs @param {number} now */
export function ago(unixMs, now) {
  const s = Math.max(0, (now - unixMs) / 1000);
  for (const [size, unit] of [[86400, 'day'], [3600, 'hour'], [60, 'minute']]) {
    if (s >= size) {
      const n = Math.floor(s / size);
      return `${n} ${unit}${n === 1 ? '' : 's'} ago`;
    }
  }
  return 'just now';
}

/** What an objective's numbers are of. */
export function measured(value, unit) {
  if (!known(value)) return NONE;
  return { milliseconds: ms, percent: (v) => `${digits(v)} %`, per_second: rate, count }[unit]?.(value) ?? digits(value);
}

/** The word for a verdict, with its mark and how it is coloured. */
export const OUTLOOKS = {
  passed: ['✓', 'Passed', 'pass'],
  warned: ['!', 'Passed with warnings', 'doubt'],
  failed: ['✗', 'Failed', 'fail'],
  invalid: ['?', 'Not valid', 'doubt'],
  cut: ['?', 'Cut', 'doubt'],
  stopped_early: ['?', 'Stopped early', 'doubt'],
  not_enough_evidence: ['?', 'Not enough evidence', 'doubt'],
};

/** How an objective stands. */
export const STANDINGS = {
  passed: ['✓', 'holds', 'pass'],
  failed: ['✗', 'does not hold', 'fail'],
  warned: ['!', 'does not hold, warns', 'doubt'],
  not_judged: ['?', 'not judged', 'doubt'],
  noted: ['·', 'noted', ''],
};

/** What the page says of a stage. */
export const STAGES = {
  idle: 'Ready', starting: 'Starting', running: 'Running', paused: 'Paused', stopping: 'Stopping', ended: 'Ended',
};
