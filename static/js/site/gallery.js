// The pictures of an event in a window over the page: arrow keys and buttons lead on, Escape closes. Without this
// script each link opens its picture.
const gallery = document.querySelector("[data-gallery]");
const links = [...gallery.querySelectorAll("a")];
const window_ = document.createElement("dialog");
window_.className = "gallery-window";
const picture = document.createElement("img");
const count = document.createElement("p");
count.setAttribute("aria-live", "polite");
let shown = 0;

const show = (number) => {
  shown = (number + links.length) % links.length;
  picture.src = links[shown].href;
  picture.alt = links[shown].querySelector("img").alt;
  count.textContent = `${shown + 1} / ${links.length}`;
};

const button = (label, sign, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button secondary";
  made.setAttribute("aria-label", label);
  made.textContent = sign;
  made.addEventListener("click", act);
  return made;
};

const foot = document.createElement("div");
foot.className = "gallery-foot";
foot.append(
  button(gallery.dataset.before, "←", () => show(shown - 1)),
  count,
  button(gallery.dataset.after, "→", () => show(shown + 1)),
  button(gallery.dataset.close, "×", () => window_.close()),
);
window_.setAttribute("aria-label", gallery.getAttribute("aria-label"));
window_.append(picture, foot);
document.body.append(window_);

window_.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) show(shown + step);
});
window_.addEventListener("click", (event) => {
  if (event.target === window_) window_.close();
});
window_.addEventListener("close", () => links[shown].focus());
links.forEach((link, number) =>
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return; // a tab of its own
    event.preventDefault();
    show(number);
    window_.showModal();
  }),
);
