// Lists: j and k move from row to row, Enter opens (it is a link), x chooses; the bulk bar counts what is chosen.
(function () {
  "use strict";

  function stops() {
    return Array.from(document.querySelectorAll("[data-rows] tbody tr")).map(function (row) {
      return row.querySelector(".head a, a, button") || row.querySelector("input");
    }).filter(Boolean);
  }

  function move(step) {
    var all = stops();
    var row = document.activeElement.closest("[data-rows] tbody tr");
    var here = all.findIndex(function (stop) { return row && row.contains(stop); });
    var next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  }

  function choose() {
    var row = document.activeElement.closest("[data-rows] tbody tr");
    var box = row && row.querySelector(".choose input");
    if (box) { box.click(); }
  }

  function count() {
    document.querySelectorAll("[data-bulk-count]").forEach(function (place) {
      var chosen = document.querySelectorAll('[form="bulk"]:checked').length;
      place.textContent = chosen === 1 ? place.dataset.one : place.dataset.many.replace("%s", chosen);
    });
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) { return; }
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox") { return; }
    if (event.key === "j") { move(1); }
    if (event.key === "k") { move(-1); }
    if (event.key === "x") { choose(); }
  });
  document.addEventListener("change", function (event) {
    if (event.target.getAttribute("form") === "bulk") { count(); }
  });
})();
