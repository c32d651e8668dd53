// What scripts add to the page of a run: tables that sort, a cursor over all courses with its numbers beneath, zoom, a theme. The page is
// complete without. Numbers are those of the tables that stand there; a drawing says where its time axis is (`data-along`).
// Text is written by textContent alone. Lines that are comments, and indents, are left out of the page.
(() => {
  'use strict';
  const doc = document, all = (of, what) => [...of.querySelectorAll(what)];
  const set = (node, more) => { for (const name in more) node.setAttribute(name, more[name]); return node; };
  const make = (tag, text, more) => Object.assign(doc.createElement(tag), { textContent: text }, more);
  const button = (text, onclick) => make('button', text, { type: 'button', onclick });
  const path = (more) => set(doc.createElementNS('http://www.w3.org/2000/svg', 'path'), more);

  // The theme: the dark part of the sheet holds always, or never, instead of where the system asks for it.
  const night = [...doc.styleSheets[0]?.cssRules || []].find((r) => r.media?.mediaText.includes('dark'));
  if (night) {
    let dark = matchMedia('(prefers-color-scheme:dark)').matches;
    const theme = button(dark ? 'Light' : 'Dark', () => {
      night.media.mediaText = dark ? 'not all' : 'screen';
      doc.querySelector('meta[name=color-scheme]').content = dark ? 'light' : 'dark';
      theme.textContent = dark ? 'Dark' : 'Light';
      dark = !dark;
    });
    doc.querySelector('nav').append(theme);
  }

  // Tables. A cell is a time, a number with a unit, or words; what is not known comes last in either direction.
  const units = { s: 1e3, kB: 1e3, MB: 1e6, GB: 1e9 };
  const value = (text) => {
    if (/^\d+(:\d\d)+$/.test(text)) return text.split(':').reduce((sum, part) => sum * 60 + +part, 0) * 1e3;
    const found = /^([+-]?[\d\u202f.]+)\s*(\S*)$/.exec(text);
    return found ? found[1].replace(/\u202f/g, '') * (units[found[2]] || 1) : NaN;
  };
  for (const head of all(doc, '.table thead th')) {
    const body = head.closest('table').tBodies[0];
    if (body.rows.length > 1) head.replaceChildren(button(head.textContent, () => {
      const text = (row) => row.cells[head.cellIndex].textContent;
      const [none, some] = [true, false].map((is) => [...body.rows].filter((row) => (text(row) === '-') === is));
      const numbers = some.every((row) => value(text(row)) === value(text(row)));
      const order = (a, b) => numbers ? value(a) - value(b) : a.localeCompare(b, 'en', { numeric: true });
      const was = head.ariaSort, up = was ? was !== 'ascending' : !numbers;
      for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
      set(head, { 'aria-sort': up ? 'ascending' : 'descending' });
      body.append(...some.sort((a, b) => order(text(a), text(b)) * (up ? 1 : -1)), ...none);
    }));
  }

  // Courses: panels along time, and the rows of their figure's table by second.
  let zoom, time;
  const ends = (p) => zoom || [p.low, p.high];
  const place = (p, x) => p.left + (x - ends(p)[0]) / (ends(p)[1] - ends(p)[0]) * (p.right - p.left);
  const second = (p, px) => ends(p)[0] + Math.min(1, Math.max(0, (px - p.left) / (p.right - p.left))) * (ends(p)[1] - ends(p)[0]);
  const near = (times, x) => times.reduce((best, t) => Math.abs(t - x) < Math.abs(best - x) ? t : best, times[0]);
  const courses = all(doc, 'figure:has([data-along])').map((figure, f) => {
    const svg = figure.querySelector('svg'), heads = all(figure, 'thead tr > *').map((h) => h.textContent);
    const when = heads.findIndex((h) => h.startsWith('time')), rows = new Map();
    for (const row of all(figure, 'tbody tr')) {
      const cells = [...row.cells].map((c) => c.textContent), x = value(cells[when]) / 1e3;
      const words = cells.map((c, i) => i < when ? c + ':' : i > when && c !== '-' ? heads[i].replace(/ \(.*/, ' ') + c : '');
      rows.set(x, (rows.get(x) || cells[when]) + ' · ' + words.filter(Boolean).join(', ').replace(':,', ':'));
    }
    const panels = all(svg, '[data-along]').map((group, i) => {
      const [left, top, right, bottom, low, high] = group.dataset.along.split(' ').map(Number);
      const clip = set(doc.createElementNS(svg.namespaceURI, 'clipPath'), { id: `along-${f}-${i}` });
      clip.append(path({ d: `M${left} ${top - 2}H${right}V${bottom + 1}H${left}zM0 ${bottom + 4}h9999v22H0z` }));
      const line = path({ stroke: 'currentColor' }), range = path({ fill: 'currentColor', 'fill-opacity': 0.2 });
      svg.append(clip, line, range);
      const parts = all(group, 'path,polyline,polygon,text,circle').map((node) => {
        const x = node.matches('text') ? 'x' : 'cx';
        return [node, x, node.getAttribute(x)];
      });
      return { group, left, top, right, bottom, low, high, clip, line, range, parts };
    });
    const hint = rows.size ? 'Point at it, or press ← and →, for its numbers; drag to zoom.' : 'Drag to zoom.';
    const box = figure.querySelector('.drawing'), read = make('p', hint, { className: 'soft read' });
    box.after(read);
    return { svg, box, panels, rows, times: [...rows.keys()], read };
  });
  const point = (x) => {
    time = x;
    for (const { times, panels, rows, read } of courses) {
      const t = near(times, x) ?? x;
      for (const p of panels) set(p.line, { d: t >= ends(p)[0] && t <= ends(p)[1] ? `M${place(p, t)} ${p.top}V${p.bottom}` : '' });
      if (rows.has(t)) read.textContent = rows.get(t);
    }
  };
  const says = set(make('span'), { role: 'status' }), bar = make('div', '', { className: 'zoom', hidden: true });
  const look = (range) => {
    zoom = range;
    bar.hidden = !range;
    says.textContent = range ? `${range[0].toFixed(1)} s to ${range[1].toFixed(1)} s ` : '';
    for (const p of courses.flatMap((c) => c.panels)) {
      const scale = (p.high - p.low) / (ends(p)[1] - ends(p)[0]), shift = place(p, p.low) - scale * p.left;
      for (const [node, x, was] of p.parts) {
        const now = scale * was + shift;
        if (was === null) set(node, { transform: `matrix(${scale} 0 0 1 ${shift} 0)` });
        else set(node, { [x]: now, visibility: now < p.left - 1 || now > p.right + 1 ? 'hidden' : 'inherit' });
      }
      set(p.group, { 'clip-path': range ? `url(#${p.clip.id})` : 'none' });
    }
    if (time !== undefined) point(time);
  };
  bar.append(says, button('Whole time', () => look()));
  doc.querySelector('main').append(bar);
  for (const { svg, box, panels, times, read } of courses) {
    let from;
    svg.onpointerdown = svg.onpointermove = svg.onpointerup = svg.onpointercancel = (event) => {
      const frame = svg.getBoundingClientRect(), x = event.clientX - frame.left, y = event.clientY - frame.top;
      const p = from?.p || panels.find((q) => x >= q.left && x <= q.right && y >= q.top && y <= q.bottom);
      if (!p) return;
      point(second(p, x));
      if (event.type === 'pointerdown' && !event.button && event.pointerType !== 'touch') {
        from = { p, x };
        svg.setPointerCapture(event.pointerId);
        event.preventDefault();
        box.focus({ preventScroll: true });
      } else if (from) {
        const over = event.type !== 'pointermove', range = [from.x, x].sort((a, b) => a - b);
        set(p.range, { d: over ? '' : `M${from.x} ${p.top}H${place(p, second(p, x))}V${p.bottom}H${from.x}z` });
        if (over) from = null;
        if (event.type === 'pointerup' && range[1] - range[0] > 8) look(range.map((px) => second(p, px)));
      }
    };
    box.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key] * (event.shiftKey ? 10 : 1);
      if (event.key === 'Escape') look();
      if (!step || !times.length) return;
      event.preventDefault();
      set(read, { 'aria-live': 'polite' });
      const now = time === undefined ? -step : times.indexOf(near(times, time));
      point(times[Math.min(times.length - 1, Math.max(0, now + step))]);
    };
    box.onblur = () => read.removeAttribute('aria-live');
  }
})();
