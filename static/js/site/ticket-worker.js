// Keeps each ticket page that was opened, and what it looks like, for a place without network. The network comes
// first; a ticket that the site does not show any more (passed on, logged out) is forgotten.
const KEPT = "tickets-1";
const isTicket = (url) => /^\/tickets\/[0-9a-f-]{36}\/$/.test(url.pathname);
const isLook = (url) => url.pathname.startsWith("/static/");

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.origin === self.location.origin && event.waitUntil(keepAll(event.data)));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (isTicket(url) || isLook(url)) event.respondWith(answer(event.request));
});

async function answer(request) {
  const kept = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected) await kept.put(request.url, response.clone());
    else if (response.redirected || response.status === 404) await kept.delete(request.url);
    return response;
  } catch (error) {
    const found = await kept.match(request.url);
    if (found) return found;
    throw error;
  }
}

// The page that is open when the worker starts was fetched without it: it names what it is made of.
async function keepAll(urls) {
  const kept = await caches.open(KEPT);
  const ours = urls.map((one) => new URL(one, self.location)).filter((url) => url.origin === self.location.origin);
  const wanted = ours.filter((url) => isTicket(url) || isLook(url));
  await Promise.allSettled(wanted.map(async (url) => {
    const response = await fetch(url, { credentials: "same-origin" });
    if (response.ok && !response.redirected) await kept.put(url.href, response);
  }));
}
