// What a class has open, live. Without this the page is reloaded by hand.
const list = document.getElementById('class-list');
const state = document.getElementById('class-live');

async function refresh() {
  // Somebody is about to press a button of the list; it waits until they have.
  if (document.activeElement?.closest('#class-list button')) return;
  const answer = await fetch(list.dataset.list, { headers: { 'x-requested-with': 'fetch' } });
  // The look is over, or whoever looked is signed out: the page itself says which.
  if (answer.redirected || !answer.ok) return location.reload();
  list.innerHTML = await answer.text();
}

const live = new EventSource(document.currentScript.dataset.live);
live.addEventListener('open', () => {
  state.textContent = 'This page is live.';
  // What happened while the line was broken was not heard.
  refresh();
});
live.addEventListener('error', () => {
  state.textContent = 'The connection was lost. Trying again.';
});
live.addEventListener('class', refresh);
