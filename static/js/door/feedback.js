// What is heard and felt of a result, and the screen that stays on.

let audio = null;
let lock = null;

/** Browsers let a page sound only after a touch; call this in one. */
export function unlock() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

/** Two rising notes and a short buzz for good; a low double one and a long buzz for bad. */
export function play(isGood, isMuted) {
  navigator.vibrate?.(isGood ? 80 : [250, 80, 250]);
  if (isMuted || audio?.state !== "running") return;
  const notes = isGood ? [[880, 0, 0.09], [1320, 0.1, 0.14]] : [[196, 0, 0.22], [147, 0.27, 0.4]];
  for (const note of notes) sound(isGood ? "sine" : "square", ...note);
}

function sound(type, pitch, from, length) {
  const voice = new OscillatorNode(audio, { type, frequency: pitch });
  const level = new GainNode(audio, { gain: type === "square" ? 0.25 : 0.5 });
  voice.connect(level).connect(audio.destination);
  const begins = audio.currentTime + from;
  level.gain.setTargetAtTime(0, begins + length - 0.03, 0.01); // without a click at its end
  voice.start(begins);
  voice.stop(begins + length + 0.05);
}

/** Keeps the screen on while somebody scans; browsers drop it when the page is hidden, so ask again after that. */
export async function stayAwake(isWanted) {
  if (!isWanted) return void lock?.release();
  if (lock && !lock.released) return;
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    lock = null; // the battery is low, or the page is hidden
  }
}
