// Tables that can be sorted and searched, and whose cells change in place once a second.

import { el, fill, say } from './dom.js';

/** The most rows that are shown; a search finds the others. */
const MOST = 200;

/**
 * @typedef {Object} Column
 * @property {string} head
 * @property {(row: any) => string} text
 * @property {(row: any) => (number|string|null)} [sort] what it is sorted by; its text, if left out
 * @property {boolean} [words] whether it is text, to the left
 * @property {(row: any) => string} [tone] a class of the cell
 */

export class Table {
  /**
   * @param {string} caption @param {Column[]} columns
   * @param {{key: (row: any) => string, search?: (row: any) => string, sortBy?: number, onPick?: (row: any) => void}} options
   */
  constructor(caption, columns, options) {
    this.columns = columns;
    this.options = options;
    this.by = { column: options.sortBy ?? 0, down: options.sortBy !== undefined };
    this.rows = [];
    this.lines = new Map();
    this.query = '';
    this.heads = columns.map((column, i) => el('th', { scope: 'col', class: column.words ? 'words' : null },
      el('button.sort', { type: 'button', onclick: () => this.sort(i) }, column.head)));
    this.body = el('tbody', null);
    this.more = el('p.soft', { hidden: true });
    const box = el('div.table', { tabindex: '0', role: 'region', 'aria-label': `${caption}, as a table` },
      el('table', null, el('thead', null, el('tr', null, this.heads)), this.body));
    const search = options.search && el('input', {
      type: 'search', placeholder: 'Search', 'aria-label': `Search in ${caption.toLowerCase()}`,
      oninput: (event) => { this.query = event.target.value.toLowerCase(); this.draw(); },
    });
    this.node = el('div', null, search && el('div.search', null, search), box, this.more);
  }

  sort(column) {
    this.by = { column, down: this.by.column === column ? !this.by.down : !this.columns[column].words };
    this.draw();
  }

  /** @param {any[]} rows */
  update(rows) {
    this.rows = rows;
    this.draw();
  }

  draw() {
    const column = this.columns[this.by.column];
    const value = column.sort || column.text;
    const searched = this.options.search ? this.rows.filter((row) => this.options.search(row).toLowerCase().includes(this.query)) : this.rows;
    const sorted = [...searched].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || x === undefined) return y === null || y === undefined ? 0 : 1;
      if (y === null || y === undefined) return -1;
      const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
      return this.by.down ? -order : order;
    });
    this.heads.forEach((head, i) => head.setAttribute('aria-sort', i === this.by.column ? (this.by.down ? 'descending' : 'ascending') : 'none'));
    const wanted = sorted.slice(0, MOST).map((row) => this.line(row));
    const there = [...this.body.children];
    if (wanted.length !== there.length || wanted.some((line, i) => line !== there[i])) this.body.replaceChildren(...wanted);
    const keys = new Set(sorted.map((row) => this.options.key(row)));
    for (const key of this.lines.keys()) if (!keys.has(key)) this.lines.delete(key);
    const rest = sorted.length - wanted.length;
    this.more.hidden = rest <= 0;
    say(this.more, `${rest} more rows: search, or sort by another column.`);
  }

  /** The line of a row, with what it shows now. */
  line(row) {
    const key = this.options.key(row);
    let line = this.lines.get(key);
    if (!line) {
      const cells = this.columns.map((column, i) => el(i === 0 ? 'th' : 'td', { scope: i === 0 ? 'row' : null, class: column.words ? 'words' : null }));
      line = el('tr', null, cells);
      if (this.options.onPick) {
        const pick = el('button.pick', { type: 'button' });
        pick.addEventListener('click', () => this.options.onPick(line.row));
        cells[0].appendChild(pick);
      }
      this.lines.set(key, line);
    }
    line.row = row;
    this.columns.forEach((column, i) => {
      const cell = line.children[i];
      say(this.options.onPick && i === 0 ? cell.firstChild : cell, column.text(row));
      const tone = [column.words ? 'words' : '', column.tone?.(row) || ''].join(' ').trim();
      if (cell.className !== tone) cell.className = tone;
    });
    return line;
  }
}

/** A small table of texts, made once. */
export function plain(caption, heads, rows) {
  return el('div.table', { tabindex: '0', role: 'region', 'aria-label': `${caption}, as a table` }, el('table', null,
    el('thead', null, el('tr', null, heads.map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', null, rows.map((row) => el('tr', null, row.map((cell, i) => el(i === 0 ? 'th' : 'td', { scope: i === 0 ? 'row' : null }, cell)))))));
}

export { fill };
