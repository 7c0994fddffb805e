// What survives the page: the token, the event's list, and every scan until the server has it (IndexedDB).
// A scan's state: "asking" (no result was shown yet), "waiting" (to be sent), "sent", "stuck" (the server refuses it).

import { ADMITTED, decide } from "./core.js";

const NAME = "eventify-door";
const KEPT = 300; // sent scans that stay for the list of recent ones
const LONGEST_ASK = 5000; // ms; what is asked for longer was left by a page that was closed
const SAME_MOMENT = 1500; // ms; the server puts clocks right

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("kept"); // device, list, skew, gate, enrolling, isMuted
      asked.result.createObjectStore("dead", { keyPath: "hash" });
      asked.result.createObjectStore("used", { keyPath: "hash" });
      const scans = asked.result.createObjectStore("scans", { keyPath: "client_uid" });
      for (const name of ["state", "hash", "scanned_at"]) scans.createIndex(name, name);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/** Runs `work` in one transaction and answers with what it returns, once that is on the disk. */
async function within(names, work) {
  const base = await database();
  const transaction = base.transaction(names, "readwrite", { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  const stores = names.map((name) => transaction.objectStore(name));
  const result = await work(...stores);
  await done;
  return result;
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export const get = (key) => within(["kept"], (kept) => answer(kept.get(key)));
export const set = (key, value) => within(["kept"], (kept) => answer(kept.put(value, key)));

/** How many codes the list calls used and dead. */
export const sizes = () =>
  within(["used", "dead"], async (...both) => {
    const [used, dead] = await Promise.all(both.map((one) => answer(one.count())));
    return { used, dead };
  });

/** Takes a list of the server in: the whole one, or what changed since the cursor. Answers with new doubles. */
export function takeList(list, isWhole, about) {
  return within(["kept", "dead", "used", "scans"], async (kept, dead, used, scans) => {
    if (isWhole) {
      dead.clear();
      used.clear();
    }
    for (const hash of list.dead) dead.put({ hash });
    for (const one of list.used) used.put(typeof one === "string" ? { hash: one } : one);
    for (const hash of list.free) await makeFree(hash, Date.parse(about.server_time), used, scans);
    kept.put(about, "list");
    const doubles = [];
    for (const one of list.used) doubles.push(...(await otherThan(one, scans)));
    for (const one of doubles) scans.put({ ...one, is_double: true });
    return doubles;
  });
}

/** Somebody has undone what we let in. What the server heard of after it wrote the list is not meant. */
async function makeFree(hash, writtenAt, used, scans) {
  const own = (await answer(scans.index("hash").getAll(hash))).filter((scan) => isInside(scan));
  if (own.some((scan) => scan.state !== "sent" || scan.sent_at > writtenAt - SAME_MOMENT)) return;
  for (const scan of own) scans.put({ ...scan, is_freed: true });
  used.delete(hash);
}

/** Our own scans that let this ticket in although another one, which the list names, is the one that counts. */
async function otherThan({ hash, at, gate }, scans) {
  if (!at) return [];
  const same = await answer(scans.index("hash").getAll(hash));
  const apart = (scan) => Math.abs(Date.parse(at) - Date.parse(scan.true_at));
  const isOther = (scan) => apart(scan) > SAME_MOMENT || differ(gate, scan.gate);
  return same.filter((scan) => isInside(scan) && scan.state === "sent" && !scan.is_double && isOther(scan));
}

const differ = (one, other) => Boolean(one && other && one !== other);

/** Keeps a scan before anybody is told of it. One of the same code whose result nobody saw is taken up again. */
export function begin(scan) {
  return within(["scans"], async (scans) => {
    const same = scan.hash ? await answer(scans.index("hash").getAll(scan.hash)) : [];
    const isLeft = (one) => one.state === "asking" && Date.parse(one.scanned_at) < Date.now() - LONGEST_ASK;
    const left = same.find((one) => isLeft(one) && one.device === scan.device);
    const kept = { ...scan, client_uid: left?.client_uid ?? crypto.randomUUID(), state: "asking", version: 1 };
    scans.put(kept);
    return kept;
  });
}

/** Decides alone, by the list and by what this device let in, and queues the scan: one step, also across tabs. */
export function decideAlone(scan, about, { isCancelled }) {
  return within(["scans", "dead", "used"], async (scans, dead, used) => {
    const isDead = Boolean(await answer(dead.get(about.hash)));
    const listed = await answer(used.get(about.hash));
    const same = await answer(scans.index("hash").getAll(about.hash));
    const own = same.find((one) => isInside(one) && one.client_uid !== scan.client_uid && one.event === scan.event);
    const verdict = decide(about, { isDead, isUsed: Boolean(listed || own), isCancelled });
    const found = { ...scan, verdict, is_offline: true, state: "waiting" };
    if (verdict === "used") Object.assign(found, usedBy(listed, own));
    scans.put(found);
    return found;
  });
}

const isInside = (scan) => scan.verdict === ADMITTED && !scan.undone_at && !scan.is_freed;

function usedBy(listed, own) {
  if (own) return { used_at: own.true_at, used_gate: own.gate, used_by: own.device_name };
  return { used_at: listed.at, used_gate: listed.gate, used_by: listed.by };
}

/** Takes the server's answer to a scan in. A scan that changed meanwhile (undone) keeps waiting. */
export function answered(scan, said) {
  return within(["scans", "used"], async (scans, used) => {
    const now = (await answer(scans.get(scan.client_uid))) ?? scan;
    const is_double = Boolean(said.is_double) || now.is_double;
    const found = { ...now, is_double, state: now.version === scan.version ? "sent" : "waiting" };
    found.sent_at = Date.now() - scan.skew_ms;
    if (!now.verdict) {
      const { verdict, type, used_at, used_gate, used_by } = said;
      Object.assign(found, { verdict, type: type ?? "", used_at, used_gate, used_by });
    }
    if (isInside(found) && found.hash) used.put({ hash: found.hash, at: found.true_at, gate: found.gate });
    scans.put(found);
    return found;
  });
}

/** Takes a scan back here; the server hears of it. */
export function undo(client_uid, reason) {
  return within(["scans", "used"], async (scans, used) => {
    const found = await answer(scans.get(client_uid));
    const at = new Date().toISOString();
    const undone = { ...found, undone_at: at, undo_reason: reason, state: "waiting", version: found.version + 1 };
    scans.put(undone);
    if (found.hash) used.delete(found.hash);
    return undone;
  });
}

/** The server will never take this scan: it stays for the staff to see. */
export const stick = (scan, why) => within(["scans"], (scans) => answer(scans.put({ ...scan, state: "stuck", why })));

/** Scans in a state, the oldest first. */
export async function inState(state) {
  const found = await within(["scans"], (scans) => answer(scans.index("state").getAll(state)));
  return found.sort((one, other) => (one.true_at < other.true_at ? -1 : 1));
}

/** The newest scans whose result was shown; those that turned out to be second ones first, however old. */
export function recent(many) {
  return within(["scans"], async (scans) => {
    const all = (await answer(scans.index("scanned_at").getAll())).filter((one) => one.verdict).reverse();
    const doubles = all.filter((one) => one.is_double);
    return [...doubles, ...all.filter((one) => !one.is_double).slice(0, many)];
  });
}

/** Forgets old scans that the server has. */
export function trim() {
  return within(["scans"], async (scans) => {
    const sent = await answer(scans.index("state").getAll("sent"));
    sent.sort((one, other) => (one.scanned_at < other.scanned_at ? 1 : -1));
    for (const one of sent.slice(KEPT)) scans.delete(one.client_uid);
  });
}

/** Another event's device now: its list goes, scans that the server has go; what waits to be sent stays. */
export function changeDevice(device) {
  return within(["kept", "dead", "used", "scans"], async (kept, dead, used, scans) => {
    for (const store of [dead, used]) store.clear();
    for (const key of ["list", "gate", "skew", "enrolling"]) kept.delete(key);
    if (device) kept.put(device, "device");
    else kept.delete("device");
    for (const state of ["sent", "asking"]) {
      for (const one of await answer(scans.index("state").getAllKeys(state))) scans.delete(one);
    }
  });
}

/** Removes scans that the staff have got in another way. */
export const drop = (scans) =>
  within(["scans"], (store) => scans.forEach((one) => store.delete(one.client_uid)));

/** Whether this browser lets us write at all. */
export async function isWritable() {
  try {
    await set("probe", Date.now());
    return true;
  } catch {
    return false;
  }
}
