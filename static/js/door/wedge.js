// A scanner that types (keyboard wedge): letters that arrive quickly and end with Enter, wherever the focus is.

const GAP = 300; // ms between two letters, also of a device that is busy
const GAP_IN_FIELDS = 50; // where people type, too
const SHORTEST = 8; // letters

/** Calls `onCode` with each text that was scanned. Fields get back what they held before. */
export function listen(onCode) {
  let typed = "";
  let last = 0;
  let before = "";
  const gap = (target) => (isField(target) && target.id !== "code" ? GAP_IN_FIELDS : GAP);
  const begin = (target) => {
    typed = "";
    before = target.value ?? "";
  };
  addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      if (event.key === "Enter") return end(event);
      if (event.key.length !== 1) return;
      if (event.timeStamp - last > gap(event.target)) begin(event.target);
      last = event.timeStamp;
      typed += event.key;
      if (typed.length > 1 && !isField(event.target)) event.preventDefault(); // a blank would press a button
    },
    { capture: true },
  );

  function end(event) {
    const text = event.timeStamp - last <= gap(event.target) ? typed : "";
    typed = "";
    if (text.length < SHORTEST) return;
    event.preventDefault();
    event.stopPropagation();
    if (isField(event.target)) event.target.value = event.target.id === "code" ? "" : before;
    onCode(text);
  }
}

const isField = (target) => target.matches?.("input, textarea, select") ?? false;
