// Waits in a waiting room: asks now and then where one stands, as the server says when, and goes on when it is one's turn.
// Without this file the page loads itself anew. The place is kept by the server: nothing is lost with the page.
const SPOKEN = 60; // seconds between two sentences for who listens; a new state is said at once
const AGAIN = 20; // seconds after an answer that did not come
const JITTER = 0.25;

const place = document.querySelector("[data-room]");
let etag = "", spoken = 0, timer;

const spread = (seconds) => 1000 * seconds * (1 - JITTER + 2 * JITTER * Math.random());

const ask = async () => {
  let pause = AGAIN;
  try {
    const response = await fetch(place.dataset.room, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
    pause = Number(response.headers.get("Retry-After")) || AGAIN;
    if (response.status === 404) return location.reload();
    if (response.status !== 304 && !response.ok) throw new Error(String(response.status));
    place.querySelector("[data-lost]").hidden = true;
    if (response.ok) {
      etag = response.headers.get("ETag") ?? "";
      show(await response.json());
    }
  } catch {
    place.querySelector("[data-lost]").hidden = false; // no network: the place stays, and the next try follows
  }
  next(1000 * pause);
};

const next = (wait) => {
  clearTimeout(timer);
  timer = setTimeout(ask, wait);
};

const show = (now) => {
  if (now.state !== place.dataset.state) return location.reload(); // drawn, let in, ended: the page is another
  place.querySelector("[data-sentence]").textContent = now.sentence;
  place.querySelector("[data-more]").textContent = now.more;
  const way = place.querySelector("[data-way]");
  if (way) [way.max, way.value] = [now.of, now.done];
  if (Date.now() - spoken > 1000 * SPOKEN) {
    place.querySelector("[data-said]").textContent = `${now.sentence} ${now.more}`;
    spoken = Date.now();
  }
};

if (place) {
  spoken = Date.now(); // the page itself has just been read
  next(1000 * Number(place.dataset.pause));
  const soon = () => document.visibilityState === "visible" && next(spread(1));
  document.addEventListener("visibilitychange", soon); // the lid was opened
  window.addEventListener("online", soon);
}

// The time until the room opens, or the lots are drawn. The server's clock counts.
for (const clock of document.querySelectorAll("[data-until]")) {
  const end = Date.now() + (Date.parse(clock.dataset.until) - Date.parse(clock.dataset.now));
  const shown = clock.querySelector("time");
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
    const two = (number) => String(number).padStart(2, "0");
    if (days < 2) shown.textContent = `${days * 24 + hours ? `${days * 24 + hours}:` : ""}${two(minutes)}:${two(seconds % 60)}`;
    if (seconds === 0) {
      clearInterval(ticking);
      if (place) next(spread(4));
      else setTimeout(() => location.reload(), spread(3));
    }
  };
  const ticking = setInterval(tick, 1000);
  tick();
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
