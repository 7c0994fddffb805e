// Lets the scanner open without network. A newer one waits until the pages of the older one are closed, so that no page
// ever mixes two releases. What the server decides (/door/api/) never passes through the cache.
const CACHE = {{ cache|safe }};
const FILES = {{ files|safe }};
const SHELL = "/door/";
const PATIENCE = 2000; // ms for the newest shell

self.addEventListener("install", (event) => {
  const fresh = FILES.map((file) => new Request(file, { cache: "reload", credentials: "same-origin" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("door-") && name !== CACHE;
  const tidy = caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))));
  event.waitUntil(tidy.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (pathname === SHELL) event.respondWith(shell(event.request));
  else if (FILES.includes(pathname)) event.respondWith(file(event.request));
});

async function shell(request) {
  const given = new AbortController();
  const clock = setTimeout(() => given.abort(), PATIENCE);
  try {
    const found = await fetch(request.url, { signal: given.signal, cache: "no-cache", redirect: "manual" });
    if (found.ok) return found;
  } catch {
    // no network, or too slow
  } finally {
    clearTimeout(clock);
  }
  return (await kept(SHELL)) ?? Response.error();
}

async function file(request) {
  return (await kept(request.url)) ?? fetch(request);
}

async function kept(address) {
  return (await caches.open(CACHE)).match(address, { ignoreVary: true, ignoreSearch: true });
}
