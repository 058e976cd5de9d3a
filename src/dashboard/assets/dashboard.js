// The page's only script: applies filters as they change, and when a batch is committed asks for the same page again and puts in what differs.
// Without it everything still works, by hand. It computes no figure.

const status = document.querySelector('[data-live]');
const { stale, down, asOf } = document.body.dataset;
const form = document.querySelector('form.filters');

/** Empty fields stay out of the address; a choice of days and a named period exclude each other. */
function submit(changed) {
  if (changed?.name === 'period' && changed.value !== '')
    for (const name of ['from', 'to']) form.elements[name].value = '';
  const query = new URLSearchParams();
  // a page without the field carries what was chosen elsewhere in a hidden one, or has none
  const hasDays = ['from', 'to'].some((name) => (form.elements[name]?.value ?? '') !== '');
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== 'string' || value === '' || (name === 'period' && (hasDays || value === '30d'))) continue;
    for (const part of value.split(',')) query.append(name, part);
  }
  const text = query.toString();
  location.assign(`${form.getAttribute('action')}${text === '' ? '' : `?${text}`}`);
}

form?.addEventListener('change', (event) => {
  // a day is typed in pieces: it counts when the field is left
  if (event.target.type !== 'date') submit(event.target);
});
form?.addEventListener('focusout', (event) => {
  const { type, value, defaultValue } = event.target;
  if (type === 'date' && value !== defaultValue && !form.contains(event.relatedTarget)) submit(event.target);
});
form?.addEventListener('submit', (event) => {
  event.preventDefault();
  submit(null);
});

// one open explanation at a time; Escape closes it
document.addEventListener(
  'toggle',
  (event) => {
    if (!event.target.matches?.('details.about[open]')) return;
    for (const other of document.querySelectorAll('details.about[open]'))
      if (other !== event.target) other.open = false;
  },
  true,
);
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const open of document.querySelectorAll('details.about[open]')) {
    open.open = false;
    open.querySelector('summary').focus();
  }
});
document.addEventListener('click', (event) => {
  for (const open of document.querySelectorAll('details.about[open]'))
    if (!open.contains(event.target)) open.open = false;
});

function tell(state, text) {
  document.body.dataset.connection = state;
  status.textContent = text;
}

function isUpToDate() {
  tell(
    'live',
    `${asOf} ${new Date().toLocaleTimeString(document.documentElement.lang, { timeZone: 'America/Sao_Paulo' })}`,
  );
}

let isRefreshing = false;
let isWanted = false;

/** Two seconds between two refreshes at least, however many batches come. A card that fails keeps what it showed. */
async function refresh() {
  if (isRefreshing || document.hidden) {
    isWanted = true;
    return;
  }
  isRefreshing = true;
  isWanted = false;
  let isWhole = false;
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (response.ok) isWhole = put(new DOMParser().parseFromString(await response.text(), 'text/html'));
  } catch {
    // told below
  }
  if (isWhole) isUpToDate();
  else tell('stale', stale);
  setTimeout(
    () => {
      isRefreshing = false;
      if (isWanted) void refresh();
    },
    isWhole ? 1_000 : 3_000,
  );
  if (!isWhole) isWanted = true;
}

function put(page) {
  let isWhole = true;
  for (const fresh of page.querySelectorAll('[data-card]')) {
    const old = document.querySelector(`[data-card="${CSS.escape(fresh.dataset.card)}"]`);
    if (old === null) continue;
    if (fresh.dataset.state === 'error' || fresh.querySelector('.fresh.broken') !== null) {
      isWhole = false;
      if (old.dataset.state === 'ready' || fresh.dataset.state === undefined) continue;
    }
    const before = old.cloneNode(true);
    for (const open of before.querySelectorAll('details[open]')) open.removeAttribute('open');
    if (before.innerHTML === fresh.innerHTML) continue;
    if (old.contains(document.activeElement) && old.querySelector('details[open]') !== null) {
      isWanted = true;
      continue;
    }
    const wasOpen = [...old.querySelectorAll('details')].map((details) => details.open);
    old.replaceChildren(...fresh.childNodes);
    if (fresh.dataset.state !== undefined) old.dataset.state = fresh.dataset.state;
    old.querySelectorAll('details').forEach((details, index) => (details.open = wasOpen[index] ?? false));
    old.classList.remove('changed');
    void old.offsetWidth;
    old.classList.add('changed');
  }
  const welcome = document.querySelector('.welcome');
  if (welcome !== null && page.querySelector('.welcome') === null) welcome.remove();
  return isWhole;
}

if (status !== null) {
  isUpToDate();
  let events = null;
  let lastHeard = Date.now();
  const heard = (isUp) => {
    lastHeard = Date.now();
    if (!isUp) tell('stale', down);
    else if (document.body.dataset.connection === 'stale') void refresh();
  };
  // a page that nobody sees holds no connection: browsers open six to a server at most
  const listen = () => {
    events?.close();
    events = null;
    if (document.hidden) return;
    lastHeard = Date.now();
    events = new EventSource('/live');
    let isFirst = true;
    events.addEventListener('beat', () => {
      if (!isFirst) return heard(true);
      isFirst = false;
      lastHeard = Date.now();
      // what was committed between the page and the first event
      void refresh();
    });
    events.addEventListener('down', () => heard(false));
    events.addEventListener('batch', () => {
      lastHeard = Date.now();
      void refresh();
    });
    events.addEventListener('error', () => tell('stale', stale));
  };
  listen();
  setInterval(() => {
    if (!document.hidden && Date.now() - lastHeard > 30_000) tell('stale', stale);
  }, 5_000);
  document.addEventListener('visibilitychange', listen);
}
