// A computer that is set apart holds a key that nobody can take out of this browser, and proves by it that it is the one.
const { csrf, back, renew } = document.currentScript.dataset;
const state = document.getElementById('computer-state');
const say = (text) => {
  if (state) state.textContent = text;
};

/** The store of keys in this browser: computer's id (or "new") → key pair. */
const store = () =>
  new Promise((done, failed) => {
    const open = indexedDB.open('gatehouse-computer', 1);
    open.onupgradeneeded = () => open.result.createObjectStore('keys');
    open.onsuccess = () => done(open.result);
    open.onerror = () => failed(open.error);
  });
const inStore = async (mode, work) => {
  const db = await store();
  return new Promise((done, failed) => {
    const request = work(db.transaction('keys', mode).objectStore('keys'));
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
};
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

async function post(url, fields) {
  const body = new URLSearchParams({ ...fields, _csrf: csrf });
  const answer = await fetch(url, { method: 'POST', body, headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error((await answer.json()).message);
  return answer.json();
}

async function keyPair() {
  const have = await inStore('readonly', (s) => s.get('own'));
  if (have) return have;
  // Not extractable: the browser signs with it and gives it to nobody, this page included.
  const made = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  await inStore('readwrite', (s) => s.put(made, 'own'));
  return made;
}

async function answered(pair) {
  const { challenge } = await post('/cases/computers/challenge', {});
  const text = new TextEncoder().encode(`gatehouse designated computer\n${challenge}`);
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, text);
  return { challenge, signature: base64(signature) };
}

/** Prove to be the chosen computer; only the browser that holds its key can. */
async function prove(computer) {
  const pair = await inStore('readonly', (s) => s.get('own'));
  if (!pair) throw new Error('This browser holds no key of a computer that is set apart.');
  await post('/cases/computers/prove', { computer, ...(await answered(pair)) });
}

const registering = document.getElementById('register-computer');
registering?.addEventListener('submit', async (event) => {
  if (registering.dataset.ready) return;
  event.preventDefault();
  try {
    const pair = await keyPair();
    const fields = { key: base64(await crypto.subtle.exportKey('spki', pair.publicKey)), ...(await answered(pair)) };
    for (const [name, value] of Object.entries(fields)) registering.elements[name].value = value;
    registering.dataset.ready = 'yes';
  } catch (e) {
    say(`This browser could not make a key: ${e.message}`);
    return;
  }
  registering.submit();
});

const proving = document.getElementById('prove-computer');
proving?.addEventListener('submit', async (event) => {
  event.preventDefault();
  say('One moment.');
  try {
    await prove(new FormData(proving).get('computer'));
    location.assign(back);
  } catch (e) {
    say(e.message);
  }
});

// The page of an examination stays proven while it is open. A proof lasts half an hour.
if (renew)
  setInterval(() => prove(renew).catch(() => say('The proof of this computer ran out. Reload the page.')), 10 * 60_000);

if (!globalThis.crypto?.subtle) say('This page was not opened over https, so the browser keeps no key for it.');
