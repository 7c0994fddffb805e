// Says so when a part of the page could not be fetched; the next one that can be takes it back.
(function () {
  "use strict";

  function show(isLost) {
    var note = document.querySelector(".toast[data-lost]");
    if (note) { note.hidden = !isLost; }
  }

  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () { show(true); });
  });
  document.addEventListener("htmx:afterSwap", function () { show(false); });
})();
