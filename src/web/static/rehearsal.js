// How far a rehearsal is, live; its result is a page of its own.
const bar = document.getElementById('rehearsal-progress');
const said = document.getElementById('rehearsal-said');
document.getElementById('rehearsal-reload').hidden = true;

const live = new EventSource(document.currentScript.dataset.live);
live.addEventListener('progress', (event) => {
  const { state, done, total } = JSON.parse(event.data) ?? {};
  if (state !== 'waiting' && state !== 'running') return location.reload();
  if (!total) return;
  bar.max = total;
  bar.value = done;
  const tenth = Math.floor((done / total) * 10);
  // Read aloud ten times at most.
  if (said.dataset.tenth === String(tenth)) return;
  said.dataset.tenth = tenth;
  said.textContent = `${done.toLocaleString('en-GB')} of ${total.toLocaleString('en-GB')} requests asked again`;
});
