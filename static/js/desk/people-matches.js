// Identity matches: j and k move, c links, d keeps apart, x ticks; the button says how many are ticked. An account whose
// address is not confirmed is never linked by one key or by ticking all: its button is focused, and wants a press.
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

  function link() {
    var here = current() || matches[0];
    var button = here.querySelector("[data-confirm]");
    if (here.hasAttribute("data-unsure")) { button.focus(); } else { button.click(); }
    return true;
  }

  // What was looked at and ticked survives the decision, which loads the page again.
  function remember(button) {
    var here = button && button.closest("[data-match]");
    if (!here) { return; }
    var kept = boxes().filter(function (box) { return box.checked && !here.contains(box); });
    var values = kept.map(function (box) { return box.value; });
    sessionStorage.setItem("matches", JSON.stringify({ at: matches.indexOf(here), ticked: values }));
  }

  function recall() {
    var kept = JSON.parse(sessionStorage.getItem("matches") || "{}");
    sessionStorage.removeItem("matches");
    boxes().forEach(function (box) { if ((kept.ticked || []).indexOf(box.value) >= 0) { box.checked = true; } });
    return matches[Math.min(kept.at || 0, matches.length - 1)];
  }

  function count() {
    var number = boxes().filter(function (box) { return box.checked; }).length;
    ticked.disabled = number === 0;
    ticked.textContent = number ? label + " (" + number + ")" : label;
  }

  var keys = {
    j: function () { return move(1); },
    k: function () { return move(-1); },
    c: link,
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
    boxes().forEach(function (box) { box.checked = !box.closest("[data-unsure]"); });
    count();
  });
  form.addEventListener("change", count);
  form.addEventListener("submit", function (event) {
    if (form.dataset.sent) { event.preventDefault(); return; } // a second press would decide about nothing
    form.dataset.sent = "1";
    remember(event.submitter);
  });
  window.addEventListener("pageshow", function () { delete form.dataset.sent; count(); });
  recall().focus();
  count();
})();
