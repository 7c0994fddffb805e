// The result of a scan: one word as large as the screen, its shape, its colour, and what to do.

import { ADMITTED } from "./core.js";
import { element, usedLine } from "./screens.js";

const SHORT = 4000; // ms that "Go in" stays; the next scan replaces it at once
const LONG = 12_000; // ms that a refusal stays

let hiding;

/** Shows a decided scan. */
export function show(scan, words, zone) {
  const isGood = scan.verdict === ADMITTED;
  const kind = scan.why || scan.verdict;
  const lines = [element("span", "door-shape", isGood ? "✓" : "✕"), element("strong", "door-word", words[kind])];
  lines[0].setAttribute("aria-hidden", "true");
  if (scan.type) lines.push(element("span", "door-type", scan.type));
  const before = scan.verdict === "used" ? usedLine(scan, words, zone) : "";
  if (before) lines.push(element("span", "door-before", before));
  if (!isGood) lines.push(element("span", "door-do", words[`${kind}_do`]));
  if (scan.is_offline) lines.push(element("span", "door-how", words.checked_here));
  document.querySelector("#result").replaceChildren(...lines);
  document.body.dataset.result = isGood ? "good" : "bad";
  document.body.dataset.scan = scan.client_uid;
  clearTimeout(hiding);
  hiding = setTimeout(hide, isGood ? SHORT : LONG);
}

export function hide() {
  clearTimeout(hiding);
  document.querySelector("#result").replaceChildren();
  delete document.body.dataset.result;
}
