// The door's API: JSON with a deadline, and the clock's skew from each answer.

import { skewOf } from "./core.js";

const ROOT = "/door/api/";

/** No answer in time, or (then with a `status`) one of a server that is in trouble. */
export class Unreachable extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** The server says no: `status`, `code`, and a sentence for people. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.message ?? "");
    this.status = status;
    this.code = body.error ?? "";
  }
}

/** The answer as {body, took (ms), skew (ms or null)}. Refused (4xx) or Unreachable. */
export async function call(path, { token, body, deadline }) {
  const sentAt = Date.now();
  const { response, text } = await exchange(path, token, body, deadline);
  const heardAt = Date.now();
  const found = parsed(text);
  const isInTrouble = response.status >= 500 || response.status === 429 || found === null;
  if (isInTrouble) throw new Unreachable(response.statusText, response.status);
  if (!response.ok) throw new Refused(response.status, found);
  const skew = found.server_time ? skewOf(sentAt, heardAt, found.server_time) : null;
  return { body: found, took: heardAt - sentAt, skew };
}

async function exchange(path, token, body, deadline) {
  const given = new AbortController();
  const clock = setTimeout(() => given.abort(), deadline);
  const headers = token ? { "X-Door-Token": token } : {};
  const sent = body ? { method: "POST", body: JSON.stringify(body) } : {};
  if (body) headers["Content-Type"] = "application/json";
  try {
    const options = { ...sent, headers, signal: given.signal, cache: "no-store", credentials: "omit" };
    const response = await fetch(ROOT + path, options);
    return { response, text: await response.text() };
  } catch (error) {
    throw new Unreachable(error.message);
  } finally {
    clearTimeout(clock);
  }
}

function parsed(text) {
  try {
    const found = JSON.parse(text);
    return typeof found === "object" ? found : null;
  } catch {
    return null; // the page of a hotel's wi-fi, for one
  }
}
