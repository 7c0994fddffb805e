// What a code says, and whether it lets in when nobody can be asked. Pure: no DOM, no storage, no network.
// The rule is that of bookings/door/codes.py and scanning.py on the server.

export const ADMITTED = "admitted";
export const USED = "used";
export const UNKNOWN = "unknown";
const CONTEXT = new TextEncoder().encode("eventify-ticket-1");
const HEAD = 21; // bytes: key number 1, type number 4, uid of the event 16
const LONGEST = 400; // characters that are looked at
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS = /^[A-Z2-7]{26}$/;
const SIGNED = /^([A-Z2-7]{26})\.([A-Z2-7]{136})$/;
// What Python takes for blanks, and dashes
const BLANKS = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000-]/g;
const UNSENDABLE = /\x00|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** As codes are compared: capitals without blanks and dashes; what cannot be sent is left out. */
export function tidy(text) {
  return text.slice(0, LONGEST).replace(UNSENDABLE, "").replace(BLANKS, "").toUpperCase().slice(0, LONGEST);
}

/** The parts of a tidy text, not yet verified: {letters} of a typed code, more of a signed one, null of others. */
export function parse(text) {
  if (LETTERS.test(text)) return { letters: text };
  const found = SIGNED.exec(text);
  if (!found) return null;
  const raw = bytesOf(found[2]);
  const view = new DataView(raw.buffer);
  const message = new Uint8Array([...CONTEXT, ...raw.subarray(0, HEAD), ...new TextEncoder().encode(found[1])]);
  return {
    letters: found[1],
    key: view.getUint8(0),
    type: view.getUint32(1),
    event: uidOf(raw.subarray(5, HEAD)),
    signature: raw.slice(HEAD),
    message,
  };
}

/** SHA-256 of the letters, as lists hold codes. */
export async function hashed(letters) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(letters));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether the key (base 64) made the signature of the message. */
export async function isSigned(publicKey, signature, message) {
  const raw = Uint8Array.from(atob(publicKey), (letter) => letter.charCodeAt(0));
  if (await knowsEd25519()) {
    const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", key, signature, message);
  }
  return isSignedByScript(raw, signature, message);
}

/** The same for browsers whose WebCrypto lacks Ed25519. */
export async function isSignedByScript(raw, signature, message) {
  const noble = await import("../vendor/noble-ed25519-3.2.0.js");
  try {
    return await noble.verifyAsync(signature, message, raw, { zip215: false });
  } catch {
    return false; // no point on the curve
  }
}

/** What the event's keys alone say of a text: {text, letters, hash, type, refused}; refused is a verdict or "". */
export async function read(text, { event, keys }) {
  const found = parse(text);
  if (!found) return { text, hash: "", type: "", refused: UNKNOWN };
  const about = { text, letters: found.letters, hash: await hashed(found.letters), type: "", refused: "" };
  if (!found.signature) return { ...about, isTyped: true };
  // Keys of other events are not here, so a code of another event cannot be told from a forged one: both stay out.
  if (found.event !== event) return { ...about, refused: "wrong_event" };
  const key = keys.find((one) => one.number === found.key);
  const isOurs = key !== undefined && (await isSigned(key.public_key, found.signature, found.message));
  return isOurs ? { ...about, type: String(found.type) } : { ...about, refused: "forged" };
}

/** The verdict without network. `known`: isDead, isUsed (by the list or by this device), isCancelled (the event). */
export function decide(about, known) {
  if (about.refused) return about.refused;
  if (known.isDead) return "cancelled";
  if (known.isUsed) return USED;
  if (about.isTyped) return UNKNOWN; // letters without a signature prove nothing
  return known.isCancelled ? "event_cancelled" : ADMITTED;
}

/** How far this clock is ahead of the server's, in ms: the answer was written half way between sending and hearing. */
export function skewOf(sentAt, heardAt, serverTime) {
  return Math.round((sentAt + heardAt) / 2 - Date.parse(serverTime));
}

let ed25519;
function knowsEd25519() {
  ed25519 ??= crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]).then(
    () => true,
    () => false,
  );
  return ed25519;
}

function bytesOf(base32) {
  const found = new Uint8Array((base32.length * 5) >> 3);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of base32) {
    held = (held << 5) | ALPHABET.indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      found[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  return found;
}

function uidOf(bytes) {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
