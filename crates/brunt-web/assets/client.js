// Talking with the server. Changes are POSTs of JSON with a header that no other site's form can send.

/** What the server refused, in words. */
export class Refused extends Error {
  constructor(problem) {
    const parts = [problem.title, problem.detail, problem.hint && `→ ${problem.hint}`].filter(Boolean);
    super(parts.join('\n') || 'brunt does not answer');
    this.status = problem.status;
  }
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...options });
  } catch {
    throw new Refused({ title: 'brunt does not answer', hint: 'is it still running?' });
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({ title: `status ${response.status}` }));
    throw new Refused({ ...problem, status: response.status });
  }
  return response.json();
}

/** @param {string} path below /api/v1/ */
export const get = (path) => ask(`/api/v1/${path}`);

/** @param {string} path below /api/v1/ @param {any} body */
export const post = (path, body) => ask(`/api/v1/${path}`, {
  method: 'POST', headers: { 'content-type': 'application/json', 'x-brunt': '1' }, body: JSON.stringify(body),
});

const token = () => /(?:^#|&)token=([^&]+)/.exec(location.hash);

/** Whether the address has a token in it. */
export const carriesToken = () => token() !== null;

/** Exchanges the token in the address for a cookie, and takes it out of the address. */
export async function enter() {
  const found = token();
  if (!found) return;
  history.replaceState(null, '', location.pathname);
  await post('session', { token: decodeURIComponent(found[1]) });
}

/**
 * Each second of the run. The stream is closed while the page is hidden, since a browser has six connections for all pages of a
 * server, and opened again with what was missed.
 * @param {(tick: any) => void} onTick @param {(isOpen: boolean) => void} onState
 */
export function listen(onTick, onState) {
  let source = null;
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource('/api/v1/events');
    source.addEventListener('tick', (event) => { onState(true); onTick(JSON.parse(event.data)); });
    source.addEventListener('error', () => {
      onState(false);
      // A browser gives up after an answer that is no stream: try again later.
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(open, 2000);
      }
    });
  };
  const close = () => { source?.close(); source = null; };
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  window.addEventListener('pagehide', close);
  open();
}
