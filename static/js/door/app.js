// The scanner's page: which screen is shown, and what its buttons do.

import { Refused } from "./api.js";
import { Camera } from "./camera.js";
import { ADMITTED } from "./core.js";
import * as feedback from "./feedback.js";
import { hide, show } from "./result.js";
import { Scanner } from "./scanner.js";
import { $, element, fill, judge, showCounts, showGates, showReady, showRecent, showState } from "./screens.js";
import * as store from "./store.js";
import { listen } from "./wedge.js";

const SCREENS = ["scan", "recent", "counts", "ready"];
const RECENT = 50;
const PEOPLE = 15_000; // ms between two counts while they are looked at
const words = JSON.parse($("#door-words").textContent);
const files = JSON.parse($("#door-files").textContent);
const scanner = new Scanner();
const video = Object.assign(element("video", "door-video"), { muted: true, playsInline: true });
const camera = new Camera({ videos: [video], files, onCode });
const found = { camera: "ask", storage: "ok", shell: false, sizes: { used: 0, dead: 0 } };
let screen = "start";
let isMuted = false;
let drawing = false;

scanner.readiness = () => {
  const age = scanner.list ? Math.round((Date.now() - scanner.list.loaded_at) / 1000) : -1;
  const { camera: seen, storage, shell } = found;
  return { camera: seen, storage, list_age_s: age, keys: scanner.list?.keys.length ?? 0, offline: shell };
};

// Which screen

function wanted() {
  if (!scanner.device) return "enrol";
  if (scanner.refusal) return "refused";
  const asked = location.hash.slice(1);
  return SCREENS.includes(asked) ? asked : "ready";
}

async function go() {
  const code = enrolmentIn(location.hash);
  if (code) {
    history.replaceState(null, "", location.pathname); // the code is good once, and nobody's business afterwards
    await enrol(code);
  }
  const next = wanted();
  if (next === screen) return;
  screen = next;
  document.body.dataset.screen = screen;
  for (const one of document.querySelectorAll("main > section")) one.hidden = one.id !== `screen-${screen}`;
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.hash === `#${screen}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  $("#nav").hidden = !SCREENS.includes(screen);
  hide();
  feedback.stayAwake(screen === "scan");
  if (screen === "scan") startCamera();
  else camera.stop();
  if (screen === "counts") scanner.count().then(draw);
  $("#main").scrollTo(0, 0);
  draw();
}

/** Draws at most once a frame. */
function draw() {
  if (drawing) return;
  drawing = true;
  setTimeout(async () => {
    drawing = false;
    showState(scanner, words);
    if (screen === "recent") showRecent(await store.recent(RECENT), words, scanner.list?.event.time_zone, askUndo);
    if (screen === "counts") showCounts(scanner, words);
    if (screen === "ready") await drawReady();
    if (screen === "refused") drawRefused();
    if (wanted() !== screen) go();
  }, 16);
}

async function drawReady() {
  found.sizes = await store.sizes();
  showReady(judge(scanner, found, words), words);
  showGates(scanner, words);
  $("#device-name").textContent = scanner.device?.name ?? "";
  $("#unsent").hidden = scanner.stuck.length === 0;
  $("#unsent-word").textContent = fill(words.unsent, { many: scanner.stuck.length });
}

function drawRefused() {
  const many = scanner.waiting + scanner.stuck.length;
  $("#refused-word").textContent = scanner.refusal;
  $("#refused-queue").hidden = many === 0;
  $("#refused-unsent").textContent = fill(words.unsent, { many });
}

// Scanning

async function onCode(text) {
  if (screen === "enrol") return enrol(enrolmentIn(text) || text);
  if (!SCREENS.includes(screen)) return;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("");
  if (screen !== "scan") location.hash = "scan";
  const scan = await scanner.scan(text);
  if (!scan) return draw();
  if (screen !== "scan") await go();
  $("#notice").textContent = "";
  show(scan, words, scanner.list?.event.time_zone);
  feedback.play(scan.verdict === ADMITTED, isMuted);
  draw();
}

async function startCamera() {
  const slot = $(`#screen-${screen} [data-camera]`);
  slot.hidden = false;
  slot.prepend(video);
  say(words.camera_starting);
  try {
    await camera.start();
    found.camera = "ok";
  } catch (error) {
    found.camera = reasonOf(error);
  }
  const isOk = found.camera === "ok";
  slot.classList.toggle("off", !isOk);
  say(isOk ? "" : words[`camera_${found.camera}`]);
  $("#again").hidden = isOk;
  $("#torch").hidden = !camera.hasTorch;
  draw();
}

function say(sentence) {
  $("#camera-word").textContent = sentence;
}

function reasonOf(error) {
  if (!isSecureContext) return "insecure";
  if (error.name === "NotAllowedError") return "denied";
  return ["NotFoundError", "NotSupportedError", "OverconstrainedError"].includes(error.name) ? "none" : "busy";
}

// Enrolment

/** The code in "…#enrol=code"; "" when there is none. */
function enrolmentIn(text) {
  return /#enrol=([\w-]+)/.exec(text)?.[1] ?? "";
}

async function enrol(code) {
  $("#enrol-error").textContent = "";
  try {
    await scanner.enrol(code);
    camera.stop();
    location.hash = "ready";
    lookAround();
  } catch (error) {
    $("#enrol-error").textContent = (error instanceof Refused && error.message) || words.enrol_failed;
  }
  await go();
}

// Undo, forget, export

function askUndo(scan, about) {
  const dialog = $("#undo-dialog");
  $("#undo-form").reset();
  $("#undo-about").textContent = about;
  dialog.onclose = async () => {
    if (dialog.returnValue !== "undo") return;
    const chosen = new FormData($("#undo-form")).get("reason") || $("#own-reason").value.trim();
    await scanner.undo(scan.client_uid, chosen);
    notify(words.undone_news);
  };
  dialog.returnValue = "";
  dialog.showModal();
}

function askForget() {
  const dialog = $("#forget-dialog");
  const many = scanner.waiting + scanner.stuck.length;
  $("#forget-word").textContent = many ? fill(words.forget_unsent, { many }) : words.forget_clean;
  $("#forget-save").hidden = many === 0;
  dialog.onclose = async () => {
    if (dialog.returnValue !== "forget") return;
    await scanner.forget();
    history.replaceState(null, "", location.pathname);
    go();
  };
  dialog.returnValue = "";
  dialog.showModal();
}

async function save() {
  const scans = [...(await store.inState("waiting")), ...(await store.inState("stuck"))];
  const text = JSON.stringify({ device: scanner.device?.name, scans }, null, 1);
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href, download: "door-scans.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  $("#unsent-drop").hidden = false;
}

function notify(sentence) {
  $("#notice").textContent = sentence;
  setTimeout(() => ($("#notice").textContent = ""), 8000);
}

function showMuted() {
  $("#mute").textContent = isMuted ? words.sound_off : words.sound_on;
  $("#mute").setAttribute("aria-pressed", String(isMuted));
}

// Everything together

function wire() {
  const press = (selector, act) => $(selector).addEventListener("click", act);
  addEventListener("hashchange", go);
  addEventListener("pointerdown", feedback.unlock);
  addEventListener("keydown", feedback.unlock);
  document.addEventListener("visibilitychange", onVisibility);
  scanner.addEventListener("change", draw);
  scanner.addEventListener("double", () => notify(words.double_news));
  listen(onCode);
  press("#result", hide);
  press("#enrol-camera", startCamera);
  press("#try-camera", startCamera);
  press("#again", startCamera);
  press("#try-sound", () => feedback.play(true, false));
  press("#reload-list", () => scanner.reload());
  press("#forget", askForget);
  press("#forget-refused", askForget);
  press("#try-again", () => scanner.beat(true).then(go));
  press("#unsent-drop", () => store.drop(scanner.stuck).then(() => scanner.beat(true)));
  for (const button of document.querySelectorAll("[data-export]")) button.addEventListener("click", save);
  press("#mute", () => {
    isMuted = !isMuted;
    store.set("isMuted", isMuted);
    showMuted();
  });
  press("#torch", async () => {
    const isOn = $("#torch").getAttribute("aria-pressed") !== "true";
    await camera.light(isOn);
    $("#torch").setAttribute("aria-pressed", String(isOn));
  });
  $("#gate").addEventListener("change", (event) => scanner.standAt(event.target.value));
  $("#own-reason").addEventListener("input", () => ($("#own-choice").checked = true));
  $("#undo-form").addEventListener("change", () => ($("#own-reason").required = $("#own-choice").checked));
  $("#enrol-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = $("#enrol-code").value.trim();
    enrol(enrolmentIn(typed) || typed);
  });
  $("#code-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("#code").value;
    $("#code").value = "";
    if (text.trim()) onCode(text);
  });
  setInterval(() => screen === "counts" && scanner.count().then(draw), PEOPLE);
  setInterval(() => screen === "ready" && draw(), PEOPLE);
}

function onVisibility() {
  if (document.hidden || screen !== "scan") return;
  feedback.stayAwake(true);
  startCamera();
}

async function lookAround() {
  if (!(await store.isWritable())) found.storage = "none";
  else if (scanner.device) found.storage = (await navigator.storage?.persist?.()) ? "ok" : "soft";
  const state = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (found.camera === "ask" && state?.state === "denied") found.camera = "denied";
  draw();
}

async function keepShell() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/door/sw.js", { scope: "/door/", updateViaCache: "none" });
  await navigator.serviceWorker.ready;
  found.shell = true;
  draw();
}

wire();
isMuted = (await store.get("isMuted")) ?? false;
showMuted();
$("#torch").textContent = words.torch;
await scanner.load();
const begun = enrolmentIn(location.hash) ? "" : await scanner.unfinished();
await (begun ? enrol(begun) : go());
scanner.start();
keepShell();
lookAround();
document.body.dataset.ready = "true";
