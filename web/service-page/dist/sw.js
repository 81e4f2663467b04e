// Lets the page open without a network. Only the files of this folder are kept; answers of the API never are.

const SHELL = ["app.webmanifest","decode-CTFvPzV5.js","icon.svg","index-CxvUwntL.css","index-DTIrLykL.js","index.html"];
const PREFIX = 'scrip-service-page-';
const CACHE = `${PREFIX}285fb7f2c3d4`;
const FOLDER = new URL('./', self.location.href);
const PAGE = 'index.html';
const CONFIG = 'config.json';
/** How long a weak network may hold up a page that is kept here. */
const NETWORK_PATIENCE_MILLISECONDS = 4_000;

self.addEventListener('install', (event) => {
  event.waitUntil(install().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const isInFolder = url.origin === FOLDER.origin && url.pathname.startsWith(FOLDER.pathname);
  if (event.request.method !== 'GET' || !isInFolder) return;
  const name = url.pathname.slice(FOLDER.pathname.length) || PAGE;
  if (name === PAGE || name === CONFIG) event.respondWith(networkFirst(event.request, name));
  else if (SHELL.includes(name)) event.respondWith(cacheFirst(event.request, name));
});

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((name) => new Request(new URL(name, FOLDER), { cache: 'reload' })));
  // Without its configuration the page can't sign in, but it is no reason to keep the rest from opening.
  await cache.add(new Request(new URL(CONFIG, FOLDER), { cache: 'reload' })).catch(() => {});
}

async function forgetOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
}

/** Kept under the bare name: a query, such as that of a sign-in, is never written down. */
async function networkFirst(request, name) {
  const cache = await caches.open(CACHE);
  const key = new URL(name, FOLDER);
  const kept = await cache.match(key);
  try {
    const signal = kept ? AbortSignal.timeout(NETWORK_PATIENCE_MILLISECONDS) : undefined;
    const answer = await fetch(name === PAGE ? new Request(key, { cache: 'no-cache' }) : request, { signal });
    if (answer.ok) await cache.put(key, answer.clone());
    return answer.ok || !kept ? answer : kept;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function cacheFirst(request, name) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(new URL(name, FOLDER));
  return kept ?? fetch(request);
}
