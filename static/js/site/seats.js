// The seat map: arrow keys from seat to seat, a running summary, and seats that others take meanwhile.
const EVERY = 10_000; // milliseconds between two looks at what is taken

const form = document.querySelector("[data-seats]");
const map = form.querySelector(".seat-map");
const rows = [...map.querySelectorAll(".seat-row")].map((row) => [...row.querySelectorAll("input")]);
const boxes = rows.flat();
const summary = form.querySelector("[data-summary]");
const said = form.querySelector("[data-said]");
const counts = [...form.querySelectorAll("select.quantity")];
document.documentElement.classList.add("has-script");

// One tab stop for the whole map; the arrows find the next free seat.
const isFree = (box) => box && !box.disabled;
let stop;
for (const box of boxes) box.tabIndex = -1;
const stopAt = (box) => {
  if (stop) stop.tabIndex = -1;
  stop = box;
  if (stop) stop.tabIndex = 0;
};
const column = (box) => box.getBoundingClientRect().left;
const nearest = (row, box) => row.filter(isFree)
  .sort((one, other) => Math.abs(column(one) - column(box)) - Math.abs(column(other) - column(box)))[0];
const beside = (box, step) => {
  for (let at = boxes.indexOf(box) + step; at >= 0 && at < boxes.length; at += step) if (isFree(boxes[at])) return boxes[at];
};
const above = (box, step) => {
  for (let at = rows.findIndex((row) => row.includes(box)) + step; rows[at]; at += step) {
    const found = nearest(rows[at], box);
    if (found) return found;
  }
};
const inRow = (box, isLast) => {
  const free = rows.find((row) => row.includes(box)).filter(isFree);
  return free.at(isLast ? -1 : 0);
};
const KEYS = {
  ArrowRight: (box) => beside(box, 1),
  ArrowLeft: (box) => beside(box, -1),
  ArrowDown: (box) => above(box, 1),
  ArrowUp: (box) => above(box, -1),
  Home: (box) => inRow(box, false),
  End: (box) => inRow(box, true),
};
map.addEventListener("keydown", (event) => {
  const next = event.target.matches("input") && KEYS[event.key]?.(event.target);
  if (!next) return;
  event.preventDefault();
  stopAt(next);
  next.focus();
});
map.addEventListener("focusin", (event) => {
  if (event.target.matches("input")) stopAt(event.target);
});

// What is chosen; a wheelchair place comes with its companion seat.
const labels = (box) => [box.value, box.parentElement.dataset.with].filter(Boolean);
const chosen = () => boxes.filter((box) => box.checked);
const tell = () => {
  const names = chosen().flatMap(labels);
  const places = names.length;
  const { none, one, many } = summary.dataset;
  const sentence = places === 0 ? none : places === 1 ? one : many;
  summary.textContent = sentence.replace("%n", places).replace("%s", names.join(", "));
  follow();
  add(places);
};
// What it costs, when every seat has its ticket.
const total = form.querySelector("[data-total]");
const each = total?.textContent;
const areaOf = (box) => box.closest(".seat-area").dataset;
const kindOf = (count) => count.closest("[data-price]").dataset;
const isAsked = (area) => counts.some((one) => ["", area].includes(kindOf(one).area));
const add = (places) => {
  let [bought, price] = [0, 0];
  const buy = (many, data) => {
    bought += many;
    price += many * Number(data.price);
  };
  for (const one of counts) buy(Number(one.value), kindOf(one));
  for (const box of chosen()) if (!isAsked(areaOf(box).area)) buy(labels(box).length, areaOf(box));
  const format = { style: "currency", currency: summary.dataset.currency, trailingZeroDisplay: "stripIfInteger" };
  const amount = new Intl.NumberFormat(document.documentElement.lang, format).format(price);
  const isSure = places && bought === places;
  total.textContent = isSure ? total.dataset.total.replace("%s", amount) : each;
};
// Of several kinds of ticket for an area the first fills up to its seats; those for all seats take what is left.
const fill = (kinds, places) => {
  const others = kinds.slice(1).reduce((sum, one) => sum + Number(one.value), 0);
  const wanted = String(Math.max(0, places - others));
  if (kinds.length && [...kinds[0].options].some((one) => one.value === wanted)) kinds[0].value = wanted;
};
const follow = () => {
  const places = new Map();
  for (const box of chosen()) places.set(areaOf(box).area, (places.get(areaOf(box).area) ?? 0) + labels(box).length);
  let rest = 0;
  for (const area of new Set([...counts.map((one) => kindOf(one).area), ...places.keys()])) {
    const own = area ? counts.filter((one) => kindOf(one).area === area) : [];
    if (own.length) fill(own, places.get(area) ?? 0);
    else if (isAsked(area)) rest += places.get(area) ?? 0;
  }
  fill(counts.filter((one) => !kindOf(one).area), rest);
};
if (summary) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "seats") tell();
    else add(chosen().flatMap(labels).length);
  });
  const first = chosen().length > 0;
  if (first || !counts.some((one) => Number(one.value))) tell();
}

// The list is the same checkboxes, so the choice stays.
const view = form.querySelector("[data-view]");
view?.addEventListener("click", (event) => {
  event.preventDefault();
  const isList = map.classList.toggle("is-list");
  view.textContent = isList ? view.dataset.map : view.dataset.list;
});

// Larger seats for fingers and eyes, smaller ones to see the whole hall; the map scrolls.
const SIZES = ["small", "", "large", "huge"];
for (const button of form.querySelectorAll("[data-zoom-by]")) {
  button.addEventListener("click", () => {
    const size = SIZES.indexOf(map.dataset.size ?? "") + Number(button.dataset.zoomBy);
    if (SIZES[size] !== undefined) map.dataset.size = SIZES[size];
  });
}

// Others buy, too. What is not sold at all stays shut.
const isShut = (box) => !("sold" in areaOf(box));
const free = form.querySelector("[data-free]");
const look = async () => {
  if (document.hidden) return;
  const response = await fetch(form.dataset.taken, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok) return;
  const state = await response.json();
  const taken = new Set(state.taken);
  const lost = [];
  for (const box of boxes) {
    const isTaken = labels(box).some((label) => taken.has(label));
    if (isTaken && box.checked) lost.push(box.value);
    if (isTaken) box.checked = false;
    if (isTaken !== box.disabled && !isShut(box)) {
      box.disabled = isTaken;
      box.nextElementSibling.lastElementChild.textContent = isTaken ? form.dataset.stateTaken : form.dataset.stateFree;
    }
  }
  free.textContent = free.dataset.free.replace("%s", state.free);
  if (lost.length) {
    said.textContent = form.dataset.lost.replace("%s", lost.join(", "));
    said.className = "note caution";
    tell();
  }
  if (!isFree(stop)) stopAt(boxes.find(isFree));
};
if (form.dataset.taken) {
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
stopAt(chosen()[0] ?? boxes.find(isFree));
