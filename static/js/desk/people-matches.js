// Identity matches: j and k move, c links, d keeps apart, x ticks; the button says how many are ticked.
(function () {
  "use strict";
  var form = document.querySelector("[data-matches]");
  if (!form) { return; }
  var matches = Array.from(form.querySelectorAll("[data-match]"));
  var ticked = form.querySelector("[data-confirm-ticked]");
  var all = form.querySelector("[data-all]");
  var label = ticked.textContent;

  function boxes() { return Array.from(form.querySelectorAll('input[name="uid"]')); }

  function current() {
    return document.activeElement.closest("[data-match]");
  }

  function move(step) {
    var here = matches.indexOf(current());
    var next = matches[here < 0 ? (step > 0 ? 0 : matches.length - 1) : here + step];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
    return Boolean(next);
  }

  function press(selector) {
    var here = current() || matches[0];
    here.querySelector(selector).click();
    return true;
  }

  function count() {
    var number = boxes().filter(function (box) { return box.checked; }).length;
    ticked.disabled = number === 0;
    ticked.textContent = number ? label + " (" + number + ")" : label;
  }

  var keys = {
    j: function () { return move(1); },
    k: function () { return move(-1); },
    c: function () { return press("[data-confirm]"); },
    d: function () { return press("[data-dismiss]"); },
    x: function () { return press('input[name="uid"]'); }
  };
  var went = 0; // when "g" was pressed: the key after it leads to another place (keys.js)

  document.addEventListener("keydown", function (event) {
    var follows = Date.now() - went < 1200;
    went = event.key === "g" ? Date.now() : 0;
    if (follows || event.ctrlKey || event.metaKey || event.altKey || event.repeat) { return; }
    if (document.querySelector("dialog[open]")) { return; }
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox") { return; }
    if (keys[event.key] && keys[event.key]()) { event.preventDefault(); }
  });
  all.hidden = false;
  all.addEventListener("click", function () {
    boxes().forEach(function (box) { box.checked = true; });
    count();
  });
  form.addEventListener("change", count);
  form.addEventListener("submit", function (event) {
    if (form.dataset.sent) { event.preventDefault(); } // a second press would decide about nothing
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", function () { delete form.dataset.sent; count(); });
  matches[0].focus({ preventScroll: true });
})();
