// What the screens beside scanning show: recent scans, counts, readiness.

import { ADMITTED } from "./core.js";

const NEAR = 30_000; // ms that a clock may be off without a word
const FRESH = 10 * 60_000; // ms after which a list is called old
const LETTERS = 26; // of a code that is not signed
const LANGUAGE = document.documentElement.lang;

export const $ = (selector) => document.querySelector(selector);

export function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

const plural = new Intl.PluralRules(LANGUAGE || "en");

/** The sentence with its {names} filled in; of one that counts, the form for so `many`. */
export function fill(said, values) {
  const sentence = typeof said === "string" ? said : (said[plural.select(values.many)] ?? said.other);
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** 21:04, on the event's clock. */
export function clock(moment, zone) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false };
  return new Intl.DateTimeFormat(LANGUAGE, zone ? { ...options, timeZone: zone } : options).format(new Date(moment));
}

/** The top line: where this device stands, the network, and what waits. */
export function showState(scanner, words) {
  const { device, list, network, waiting, refusal } = scanner;
  $("#event-name").textContent = list?.event.name ?? device?.name ?? $("#event-name").textContent;
  $("#gate-name").textContent = scanner.gate;
  $("#state").hidden = !device || Boolean(refusal); // a refused device checks nothing, with or without network
  $("#state").dataset.network = network;
  $("#state-word").textContent = words[network === "unknown" ? "unknown_network" : network];
  $("#queue").textContent = waiting ? fill(words.queue, { many: waiting }) : words.queue_none;
  $("#queue").dataset.many = waiting;
}

export function showRecent(scans, words, zone, onUndo) {
  $("#recent-none").hidden = scans.length > 0;
  $("#recent").replaceChildren(...scans.map((scan) => recentRow(scan, words, zone, onUndo)));
}

function recentRow(scan, words, zone, onUndo) {
  const isUndone = Boolean(scan.undone_at || scan.is_freed);
  const isGood = scan.verdict === ADMITTED && !isUndone;
  const row = element("li", `door-scan ${isGood ? "good" : isUndone ? "undone" : "bad"}`);
  row.dataset.scan = scan.client_uid;
  const mark = element("span", "door-mark", isGood ? "✓" : isUndone ? "↩" : "✕");
  mark.setAttribute("aria-hidden", "true");
  const about = element("span", "door-about");
  const time = clock(scan.true_at, zone);
  const where = [time, scan.type, scan.gate].filter(Boolean).join(" · ");
  about.append(element("strong", "", words[isTypedAlone(scan) ? "typed" : scan.verdict]), element("span", "", where));
  about.append(element("span", "door-code", `…${scan.code.slice(0, 26).slice(-6)}`));
  if (!isGood && !isUndone) about.append(element("span", "", whyNot(scan, words, zone)));
  if (scan.undone_at) about.append(element("span", "", fill(words.undone, { reason: scan.undo_reason })));
  else if (scan.is_freed) about.append(element("span", "", words.freed));
  if (scan.is_double) about.append(element("span", "door-alarm", words.is_double));
  if (scan.state === "waiting") about.append(element("span", "door-waits", words.waits));
  if (scan.state === "stuck") about.append(element("span", "door-alarm", fill(words.is_stuck, { why: scan.why })));
  row.append(mark, about);
  if (isGood) row.append(undoButton(scan, words, time, onUndo));
  return row;
}

/** Why it was refused, for when the queue has passed: the sentence that stood on the result. */
function whyNot(scan, words, zone) {
  const before = scan.verdict === "used" ? usedLine(scan, words, zone) : "";
  return [before, words[`${isTypedAlone(scan) ? "typed" : scan.verdict}_do`]].filter(Boolean).join(". ");
}

/** "21:04, North gate, Anna": as much of it as is known. */
export function usedLine(scan, words, zone) {
  const time = scan.used_at ? clock(scan.used_at, zone) : "";
  const who = scan.used_by ? fill(words.device, { name: scan.used_by }) : "";
  return [time, scan.used_gate, who].filter(Boolean).join(", ");
}

/** A code that was typed without network was not judged: only the server knows it. */
const isTypedAlone = (scan) => scan.verdict === "unknown" && scan.is_offline && scan.code.length === LETTERS;

function undoButton(scan, words, time, onUndo) {
  const button = element("button", "door-button", words.undo);
  button.setAttribute("aria-label", `${words.undo} ${time} ${scan.type}`);
  button.addEventListener("click", () => onUndo(scan, `${time} · ${scan.type}`));
  return button;
}

export function showCounts(scanner, words) {
  const { counts, list, waiting } = scanner;
  if (!counts) return;
  $("#count-inside").textContent = counts.inside;
  $("#count-sold").textContent = counts.sold;
  const rows = Object.entries(counts.gates).map(([gate, many]) => {
    const row = document.createElement("tr");
    row.append(element("td", "", gate || words.no_gate), element("td", "", many));
    return row;
  });
  $("#count-gates").replaceChildren(...rows);
  const time = clock(counts.server_time ?? list.server_time, list?.event.time_zone);
  $("#count-as-of").textContent = fill(waiting ? words.counts_old : words.counts_now, { time, many: waiting });
}

/** What a device must have before doors: {name: [is it good, what it says]}. */
export function judge(scanner, found, words) {
  const { list, skew, network, took } = scanner;
  const age = list ? Date.now() - list.loaded_at : null;
  const time = list ? clock(list.server_time, list.event.time_zone) : "";
  const listWord = !list ? words.list_none : age < FRESH ? words.list_ok : words.list_old;
  return {
    network: network === "online" ? [true, fill(words.network_ok, { ms: took })] : [false, words.network_none],
    list: [Boolean(list) && age < FRESH, fill(listWord, { time, ...found.sizes })],
    keys: list?.keys.length ? [true, fill(words.keys_ok, { many: list.keys.length })] : [false, words.keys_none],
    camera: [found.camera === "ok", words[`camera_${found.camera}`]],
    storage: [found.storage !== "none", words[`storage_${found.storage}`]],
    clock: judgeClock(skew, words),
    shell: [found.shell, found.shell ? words.shell_ok : words.shell_none],
  };
}

function judgeClock(skew, words) {
  if (skew === null) return [false, words.clock_none];
  const isNear = Math.abs(skew) < NEAR;
  return [isNear, fill(isNear ? words.clock_ok : words.clock_far, { seconds: (Math.abs(skew) / 1000).toFixed(1) })];
}

export function showReady(judged, words) {
  for (const [name, [isGood, said]] of Object.entries(judged)) {
    const row = $(`[data-check="${name}"]`);
    row.dataset.good = isGood;
    row.querySelector(".door-mark").textContent = isGood ? `✓ ${words.ok}` : `! ${words.look}`;
    row.querySelector(".door-said").textContent = said;
  }
  const isReady = Object.values(judged).every(([isGood]) => isGood);
  $("#ready-title").textContent = isReady ? words.all_ready : words.not_ready;
}

export function showGates(scanner, words) {
  const names = [...new Set([scanner.gate, ...(scanner.list?.gates ?? [])])].filter(Boolean);
  const options = ["", ...names].map((name) => new Option(name || words.no_gate, name, false, name === scanner.gate));
  const select = $("#gate");
  const values = (all) => [...all].map((one) => one.value).join("\n");
  if (values(select.options) !== values(options)) select.replaceChildren(...options);
  if (document.activeElement !== select) select.value = scanner.gate;
}
