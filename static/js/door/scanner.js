// One device at work: asks the server, decides alone when it is slow, and brings it everything later. No DOM.
// Says "change" when something that is shown has changed, and "double" when a scan turns out to be a second one.

import { call, Refused, Unreachable } from "./api.js";
import { read, tidy, UNKNOWN } from "./core.js";
import * as store from "./store.js";

export const PATIENCE = 1500; // ms that a person at the door waits for the server
const BATCH = 200; // scans
const BEAT = 5000; // ms between two looks at what is to do
const FRESH = 30_000; // ms that a list counts as fresh
const LONG = 20_000; // ms for what nobody waits for
const LONGEST_PAUSE = 60_000; // ms between two tries with a server that is in trouble
const LOCK = "eventify-door";

export class Scanner extends EventTarget {
  device = null;
  list = null;
  skew = null; // ms that this clock is ahead
  gate = "";
  network = "unknown"; // "online", "offline"
  took = null; // ms of the last answer
  waiting = 0; // scans to be sent
  stuck = []; // scans that cannot be sent: refused, or of an earlier enrolment
  refusal = null; // what the server said when it would not have us any more
  counts = null;
  readiness = () => ({});
  #line = Promise.resolve(); // scans are judged one after another
  #pause = 0; // ms
  #resting = 0; // until this moment
  #isBusy = false;

  /** Reads what the disk holds. */
  async load() {
    this.device = (await store.get("device")) ?? null;
    await this.#load();
    await store.trim();
  }

  /** Looks after the queue and the list from now on. */
  start() {
    setInterval(() => this.beat(), BEAT);
    addEventListener("online", () => this.beat(true));
    addEventListener("offline", () => this.#setNetwork("offline"));
    document.addEventListener("visibilitychange", () => this.beat());
    return this.beat(true);
  }

  async #load() {
    [this.list, this.skew, this.gate] = await Promise.all(["list", "skew", "gate"].map(store.get));
    this.skew ??= null;
    this.gate ??= this.device?.gate ?? "";
    this.counts = this.list?.counts ?? null;
    await this.#count();
  }

  /** Makes this browser a device, the same one when it asks again with the code. Refused or Unreachable. */
  async enrol(text) {
    const code = text.trim();
    const begun = await store.get("enrolling");
    const enrolling = begun?.code === code ? begun : { code, client_uid: crypto.randomUUID() };
    await store.set("enrolling", enrolling);
    try {
      const { body } = await call("enrol/", { body: enrolling, deadline: LONG });
      await this.become(body);
    } catch (error) {
      if (error instanceof Refused) await store.set("enrolling", null);
      throw error;
    }
  }

  /** The code of an enrolment whose page was closed before it kept the answer; else "". */
  async unfinished() {
    return (!this.device && (await store.get("enrolling"))?.code) || "";
  }

  /** The device of an enrolment that was made elsewhere: {token, device, name, gate}. */
  async become({ token, device, name, gate }) {
    await store.changeDevice({ token, uid: device, name, gate });
    this.device = await store.get("device");
    this.refusal = null;
    this.network = "unknown";
    await this.#load();
    await this.beat(true);
  }

  /** Forgets the token and the list; what was not sent stays until it is exported. */
  async forget() {
    await store.changeDevice(null);
    this.device = this.list = this.refusal = this.counts = null;
    this.skew = null;
    await this.#count();
  }

  /** Where this device stands from now on. */
  async standAt(gate) {
    this.gate = gate;
    await store.set("gate", gate);
    this.#say("change");
  }

  /** The scan of a text, decided and on the disk. Null when there is nothing to scan or nobody to scan for. */
  scan(text) {
    const next = this.#line.then(() => this.#scan(tidy(text)));
    this.#line = next.catch(() => null);
    return next;
  }

  async #scan(text) {
    if (!text || !this.device || this.refusal) return null;
    const about = await this.#read(text);
    let scan = await store.begin(this.#newScan(about));
    const said = this.network === "offline" ? null : await this.#ask(scan);
    if (this.refusal) return null;
    scan = said ? await store.answered(scan, said) : await this.#decideAlone(scan, about);
    if (!scan.type && this.list && about.type) scan.type = this.list.types[about.type] ?? "";
    await this.#count();
    return scan;
  }

  async #read(text) {
    const about = await read(text, { event: this.list?.event.uid, keys: this.list?.keys ?? [] });
    return this.list ? about : { ...about, refused: UNKNOWN, lacksList: true };
  }

  #newScan(about) {
    const now = Date.now();
    return {
      code: about.text,
      hash: about.hash,
      type: this.list?.types[about.type] ?? "",
      scanned_at: new Date(now).toISOString(),
      true_at: new Date(now - (this.skew ?? 0)).toISOString(),
      skew_ms: this.skew ?? 0,
      gate: this.gate,
      event: this.list?.event.uid ?? null,
      device: this.device.uid,
      device_name: this.device.name,
    };
  }

  async #ask(scan) {
    const { client_uid, code, scanned_at, skew_ms, gate } = scan;
    return this.#tell("scan/", { client_uid, code, scanned_at, skew_ms, gate });
  }

  /** The body of the answer to what somebody waits for; null when it did not come in time. */
  async #tell(path, body) {
    try {
      return await this.#call(path, { body, deadline: PATIENCE });
    } catch (error) {
      if (error instanceof Unreachable) this.#setNetwork("offline");
      else if (!(error instanceof Refused)) throw error;
      return null;
    }
  }

  async #decideAlone(scan, about) {
    const found = await store.decideAlone(scan, about, { isCancelled: this.list?.event.is_cancelled });
    const why = about.lacksList ? "no_list" : about.isTyped && found.verdict === UNKNOWN ? "typed" : "";
    return { ...found, why };
  }

  /** Takes a scan back, here at once and at the server as soon as it can be reached. */
  async undo(client_uid, reason) {
    const undone = await store.undo(client_uid, reason);
    await this.#count();
    const isOnline = this.network === "online";
    const said = isOnline ? await this.#tell("undo/", { client_uid, reason }) : null;
    if (said) await store.answered(undone, said);
    await this.#count();
    this.beat(true);
  }

  /** Brings the server what waits, looks whether it is there, and keeps the list fresh. One at a time, in all tabs. */
  async beat(isNow = false) {
    if (!this.device || this.#isBusy || (!isNow && Date.now() < this.#resting)) return;
    this.#isBusy = true;
    try {
      await this.#alone(() => this.#work(isNow));
      this.#pause = this.#resting = 0;
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      if (error instanceof Unreachable) this.#setNetwork("offline");
      this.#rest(error);
    } finally {
      this.#isBusy = false;
      await this.#count();
    }
  }

  #alone(work) {
    return navigator.locks ? navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => lock && work()) : work();
  }

  /** Without network we look again at the next beat; a server that refuses or fails gets more and more time. */
  #rest(error) {
    this.#pause = error.status ? Math.min(Math.max(BEAT, this.#pause * 2), LONGEST_PAUSE) : 0;
    this.#resting = Date.now() + this.#pause;
  }

  async #work(isNow) {
    const isStale = Date.now() - (this.list?.loaded_at ?? 0) > FRESH;
    await this.#count();
    if (this.refusal && !isNow) return this.#sendAll(); // the server may still take what was decided before
    if (!isNow && !isStale && this.network === "online" && this.waiting === 0) return;
    await this.#heartbeat();
    await this.#sendAll();
    if (isStale || isNow) await this.refresh();
  }

  async #heartbeat() {
    await this.#sync([], LONG);
    this.#setNetwork(this.took <= PATIENCE ? "online" : "offline");
  }

  async #sendAll() {
    for (let left = await this.#own(); left.length; left = await this.#own()) await this.#send(left.slice(0, BATCH));
  }

  /** Sends some scans. When the server refuses them all for the sake of one, that one is found and set aside. */
  async #send(scans) {
    try {
      await this.#sync(scans, LONG);
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error;
      if (scans.length === 1) return void (await store.stick(scans[0], error.message));
      const half = scans.length >> 1;
      await this.#send(scans.slice(0, half));
      await this.#send(scans.slice(half));
    }
  }

  async #sync(scans, deadline) {
    const sent = scans.map(({ client_uid, code, verdict, scanned_at, skew_ms, gate, undone_at, undo_reason }) => ({
      ...{ client_uid, code, verdict, scanned_at, skew_ms, gate },
      ...(undone_at ? { undone_at, undo_reason } : {}),
    }));
    const queue = Math.max(0, this.waiting - scans.length); // what is left when these have come
    const body = { scans: sent, skew_ms: this.skew ?? 0, queue, readiness: this.readiness() };
    const { scans: answers } = await this.#call("sync/", { body, deadline });
    const said = new Map(answers.map((one) => [one.client_uid, one]));
    for (const scan of scans) await this.#settle(scan, said.get(scan.client_uid));
    await this.#count();
  }

  async #settle(scan, said) {
    if (!said) throw new Unreachable("no answer to a scan");
    const found = await store.answered(scan, said);
    if (found.is_double && !scan.is_double) this.#say("double", found);
  }

  /** Loads the whole list anew, when there is network. */
  async reload() {
    if (this.list) this.list.cursor = null;
    await this.beat(true);
  }

  /** Loads the list, or what changed of it. */
  async refresh() {
    const since = this.list?.cursor;
    const query = since ? `?cursor=${encodeURIComponent(since)}` : "";
    const { dead, used, free, ...about } = await this.#call(`event/${query}`, { deadline: LONG });
    about.loaded_at = Date.now();
    about.counts ??= this.list?.counts;
    const doubles = await store.takeList({ dead, used, free }, !since, about);
    for (const scan of doubles) this.#say("double", scan);
    this.list = about;
    this.counts = about.counts ?? this.counts;
    this.#say("change");
  }

  /** Asks how many are inside; null when nobody answers. */
  async count() {
    const said = this.device && !this.refusal && this.network !== "offline" ? await this.#tell("counts/") : null;
    if (said) this.counts = said;
    return said;
  }

  async #call(path, options) {
    try {
      const { body, took, skew } = await call(path, { ...options, token: this.device.token });
      this.took = took;
      if (skew !== null && took < PATIENCE) await this.#keepSkew(skew);
      if (/^(event|scan)\//.test(path)) this.refusal = null; // what is taken late is taken from refused devices, too
      return body;
    } catch (error) {
      if (error instanceof Refused && error.status === 401) this.#refused(error.message);
      throw error;
    }
  }

  async #keepSkew(skew) {
    const isNews = this.skew === null || Math.abs(skew - this.skew) > 50; // ms; less is the network's noise
    if (!isNews) return;
    this.skew = skew;
    await store.set("skew", skew);
  }

  #refused(message) {
    this.refusal = message || "401";
    this.#say("change");
  }

  #setNetwork(word) {
    if (this.network === word) return;
    this.network = word;
    this.#say("change");
  }

  async #own() {
    return (await store.inState("waiting")).filter((one) => one.device === this.device?.uid);
  }

  async #count() {
    const [waiting, stuck] = await Promise.all([store.inState("waiting"), store.inState("stuck")]);
    this.waiting = waiting.filter((one) => one.device === this.device?.uid).length;
    this.stuck = [...stuck, ...waiting.filter((one) => one.device !== this.device?.uid)];
    this.#say("change");
  }

  #say(word, detail) {
    this.dispatchEvent(new CustomEvent(word, { detail }));
  }
}
