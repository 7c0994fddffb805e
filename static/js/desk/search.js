// The search over everything: arrows move between the field and what it found, Escape leaves.
(function () {
  "use strict";
  var form = document.querySelector("[data-search]");
  if (!form) { return; }
  var field = form.querySelector("input");

  function stops() {
    return [field].concat(Array.from(form.querySelectorAll("[data-hit]")));
  }

  form.addEventListener("keydown", function (event) {
    var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      var all = stops();
      var next = all[all.indexOf(document.activeElement) + step];
      if (next) { next.focus(); }
      event.preventDefault();
    } else if (event.key === "Escape") {
      form.querySelector("[data-found]").replaceChildren();
      document.activeElement.blur();
    }
  });
})();
