// Building the page. Text gets in as text alone: nothing here, nor anywhere else, makes markup of strings.

/** @typedef {Node|string|number|null|undefined|false|Part[]} Part */

/**
 * An element. Attributes that start with `on` are listeners; `true` sets an attribute without a value, `false` and `null` leave it out.
 * @param {string} tag its name, with classes behind dots: `div.tile.bad`
 * @param {Object<string, any>|null} attributes
 * @param {...Part} children
 */
export function el(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'value' || key === 'checked' || key === 'disabled' || key === 'selected') node[key] = value;
    else node.setAttribute(key, value === true ? '' : String(value));
  }
  append(node, children);
  return node;
}

/** @param {Node} node @param {Part[]} children */
export function append(node, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(node, child);
    else node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Puts other children in place of a node's own. @param {Element} node @param {...Part} children */
export function fill(node, ...children) {
  const fresh = document.createDocumentFragment();
  append(fresh, children);
  node.replaceChildren(fresh);
}

/** Sets a node's text if it is another one: what did not change is not touched, so that a selection survives. */
export function say(node, text) {
  const next = String(text);
  if (node.textContent !== next) node.textContent = next;
}

/** A field with its label above, and a word of help below. */
export function field(label, input, help) {
  const id = input.id || `f-${label.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  input.id = id;
  const hint = help ? el('small', { id: `${id}-help` }, help) : null;
  if (hint) input.setAttribute('aria-describedby', hint.id);
  return el('div.field', null, el('label', { for: id }, label), input, hint);
}

/** A choice from names; the first, empty one means none. */
export function choice(names, chosen, none) {
  const options = names.map((name) => {
    const [value, text] = Array.isArray(name) ? name : [name, name];
    return el('option', { value, selected: value === chosen }, text);
  });
  return el('select', null, none === null ? [] : el('option', { value: '' }, none), options);
}

/**
 * Asks in a dialog; calls `done` with the form's values when it is answered.
 * @param {string} title @param {Part[]} parts @param {string} answer what the button says
 * @param {(form: HTMLFormElement) => Promise<void>|void} done throws what is to be shown
 */
export function ask(title, parts, answer, done) {
  const dialog = document.getElementById('dialog');
  const problem = el('p.problem', { role: 'alert' });
  const form = el('form', { novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    say(problem, '');
    try {
      await done(form);
      dialog.close();
    } catch (error) {
      say(problem, error.message);
    }
  } }, el('h2', { id: 'dialog-title' }, title), parts, problem, el('div.buttons', null,
    el('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
    el('button.first', { type: 'submit' }, answer)));
  fill(dialog, form);
  dialog.showModal();
}
