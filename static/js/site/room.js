// Waits in a waiting room: asks now and then where one stands, as the server says when, and goes on when it is one's turn.
// Without this file the page loads itself anew. The place is kept by the server: nothing is lost with the page.
const SPOKEN = 60; // seconds between two sentences for who listens; a new state is said at once
const AGAIN = 20; // seconds after an answer that did not come
const JITTER = 0.25;
const TELLS = "room-tells"; // whether this browser can tell and was asked to

const place = document.querySelector("[data-room]");
const tell = place?.querySelector("[data-tell]");
let etag = "", spoken = 0, told = "", timer;

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
  document.title = `${now.sentence} · ${place.dataset.name}`;
  if (now.state !== place.dataset.state) { // drawn, let in, ended: the page is another
    if (document.visibilityState === "visible") return location.reload();
    announce(now); // nobody sees the other page yet; it comes when somebody looks
    etag = ""; // so that the next answer says it again
  }
  place.querySelector("[data-sentence]").textContent = now.sentence;
  place.querySelector("[data-more]").textContent = now.more;
  const way = place.querySelector("[data-way]");
  if (way) [way.max, way.value] = [now.of, now.done];
  if (Date.now() - spoken > 1000 * SPOKEN) {
    place.querySelector("[data-said]").textContent = `${now.sentence} ${now.more}`;
    spoken = Date.now();
  }
};

// The title says it to everybody. Who has asked for it is told by the browser as well, once and without a sound.
const announce = (now) => {
  if (told === now.state || now.state !== "inside" || !tells()) return;
  told = now.state;
  notify(now.sentence, `${place.dataset.name}. ${now.more}`);
};

/** Whether the browser has shown it; some phones let only installed pages do so. */
const notify = (title, body) => {
  try {
    new Notification(title, { body, silent: true, tag: place.dataset.room }).onclick = () => window.focus();
    return true;
  } catch {
    return false;
  }
};

const canTell = () => "Notification" in window && window.isSecureContext;
const tells = () => canTell() && Notification.permission === "granted" && localStorage.getItem(TELLS) === "yes";

const showTell = () => {
  place.querySelector("[data-told]").hidden = !tells();
  tell.hidden = tells() || !canTell() || Notification.permission === "denied" || localStorage.getItem(TELLS) === "no";
};

const askToTell = async () => {
  const isAllowed = (await Notification.requestPermission()) === "granted";
  const sentence = place.querySelector("[data-told]").textContent;
  if (isAllowed) localStorage.setItem(TELLS, notify(place.dataset.name, sentence) ? "yes" : "no"); // it is tried at once
  showTell();
};

if (place) {
  spoken = Date.now(); // the page itself has just been read
  next(1000 * Number(place.dataset.pause));
  const soon = () => document.visibilityState === "visible" && next(spread(1));
  document.addEventListener("visibilitychange", soon); // the lid was opened
  window.addEventListener("online", soon);
  tell.addEventListener("click", askToTell);
  showTell();
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
