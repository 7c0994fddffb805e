// Choosing persons: all on this page, or all that match; the bar says how many, and nothing can be done with nobody.
(function () {
  "use strict";

  function parts() {
    var bar = document.getElementById("bulk");
    return bar && {
      bar: bar,
      rows: Array.from(document.querySelectorAll('.choose input[form="bulk"]')),
      page: bar.querySelector("[data-choose-page]"),
      all: bar.querySelector("[data-choose-all]"),
      count: bar.querySelector("[data-bulk-count]"),
      buttons: Array.from(bar.querySelectorAll("button"))
    };
  }

  function show() {
    var p = parts();
    if (!p) { return; }
    var isAll = Boolean(p.all && p.all.checked);
    var chosen = p.rows.filter(function (box) { return box.checked; }).length;
    p.page.parentElement.hidden = false;
    p.rows.concat(p.page).forEach(function (box) { box.disabled = isAll; });
    p.page.checked = chosen === p.rows.length;
    p.page.indeterminate = chosen > 0 && chosen < p.rows.length;
    p.count.hidden = isAll;
    p.count.textContent = chosen === 1 ? p.count.dataset.one : p.count.dataset.many.replace("%s", chosen);
    p.buttons.forEach(function (button) { button.disabled = !isAll && chosen === 0; });
    p.bar.classList.add("is-live");
    p.bar.classList.toggle("has-chosen", isAll || chosen > 0);
  }

  document.addEventListener("change", function (event) {
    var p = parts();
    if (!p) { return; }
    if (event.target === p.page) {
      p.rows.forEach(function (box) { box.checked = p.page.checked; });
    }
    if (event.target === p.page || event.target === p.all || p.rows.includes(event.target)) { show(); }
  });
  document.addEventListener("htmx:afterSwap", show);
  window.addEventListener("pageshow", show); // also when the browser goes back and puts ticks where they were
  show();
})();
