// Why an act on the board or on the sections was not done, and the way on. The words are attributes of the page.
window.crewLost = (function () {
  "use strict";

  // "" when the answer is one; "out": the log-in has ended; "stale": the page is of another log-in, or of a lost right.
  function why(response) {
    if (response.type === "opaqueredirect" || response.status === 401) { return "out"; }
    return response.status === 403 ? "stale" : "";
  }

  function link(kind, words) {
    var here = window.location.pathname + window.location.search;
    var way = document.createElement("a");
    way.className = "button secondary small";
    way.href = kind === "out" ? "/login/?next=" + encodeURIComponent(here) : here;
    way.textContent = kind === "out" ? words.logIn : words.reload;
    return way;
  }

  function note(kind, words) {
    var part = document.createElement("div");
    var sentence = document.createElement("p");
    part.id = "board-note";
    part.className = "note negative";
    part.setAttribute("role", "alert");
    sentence.textContent = words[kind] || words.lost;
    part.append(sentence);
    if (kind) { part.append(link(kind, words)); }
    return part;
  }

  return { why: why, note: note };
})();
