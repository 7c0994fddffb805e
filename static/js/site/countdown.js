// Counts the time down that places are held; without this file the page says until when. The server's clock counts.
const SOON = 2 * 60; // seconds

for (const part of document.querySelectorAll("[data-countdown]")) {
  const left = part.querySelector("[data-left]");
  const status = part.querySelector("[data-soon]");
  const name = document.title;
  const end = Date.now() + (Date.parse(part.dataset.countdown) - Date.parse(part.dataset.now));
  let timer;

  const show = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    const [minutes, rest] = [Math.floor(seconds / 60), String(seconds % 60).padStart(2, "0")];
    left.textContent = left.dataset.form.replace("%m", minutes).replace("%s", rest);
    if ("title" in part.dataset) document.title = `${left.textContent} · ${name}`; // for who looks elsewhere meanwhile
    if (seconds <= SOON && seconds > 0 && !status.textContent) {
      status.textContent = status.dataset.soon;
      part.classList.replace("information", "caution");
    }
    if (seconds === 0) over();
  };
  const over = () => {
    clearInterval(timer);
    part.hidden = true;
    for (const note of document.querySelectorAll("[data-over]")) {
      note.hidden = false;
      if ("title" in part.dataset) document.title = note.textContent.trim();
    }
    for (const button of document.querySelectorAll("[data-pay]")) button.disabled = true;
  };

  timer = setInterval(show, 1000);
  show();
}

// Coming back to a page that the browser kept: what is held and what it costs may be different by now.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
