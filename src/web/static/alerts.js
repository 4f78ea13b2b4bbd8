// The list of alerts, live; on an alert's own page the key "A", and a word when the alert has changed elsewhere.
const list = document.getElementById('alerts-list');
const state = document.getElementById('alerts-live');
const shown = document.currentScript?.dataset.alert;
const title = document.title.replace(/^\(\d+\) /, '');

async function refresh() {
  const answer = await fetch(list.dataset.list, { headers: { 'x-requested-with': 'fetch' } });
  // Signed out meanwhile: the page itself leads to the sign-in.
  if (answer.redirected || !answer.ok) return location.reload();
  list.innerHTML = await answer.text();
  const waiting = list.firstElementChild?.dataset.waiting ?? '0';
  document.title = waiting === '0' ? title : `(${waiting}) ${title}`;
}

const live = new EventSource('/alerts/live');
let opened = false;
live.addEventListener('open', () => {
  if (state) state.textContent = 'This list is live.';
  // What happened while the line was broken was not heard.
  if (opened && list) refresh();
  opened = true;
});
live.addEventListener('error', () => {
  if (state) state.textContent = 'The connection was lost. Trying again.';
});
live.addEventListener('alert', (event) => {
  if (list) refresh();
  else if (event.data === shown) document.getElementById('alert-changed').hidden = false;
});

// The key works only while the card has the focus, which it has at first: a single letter must not act from anywhere on the
// page (WCAG 2.1.4), since speech input types letters too.
const card = document.getElementById('take-up');
card?.focus({ preventScroll: true });
card?.addEventListener('keydown', (event) => {
  if (event.key !== 'a' || event.ctrlKey || event.metaKey || event.altKey) return;
  document.getElementById('acknowledge')?.requestSubmit();
});
