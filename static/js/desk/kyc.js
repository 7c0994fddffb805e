// The KYC queue: a approves, r asks for the reason and Ctrl-Enter rejects, j and k go to the next and previous document.
(function () {
  "use strict";

  function press(selector) {
    var target = document.querySelector(selector);
    if (target) { target.click(); }
    return Boolean(target);
  }

  function askReason() {
    var field = document.querySelector("[data-review] textarea");
    if (field) { field.focus(); }
    return Boolean(field);
  }

  var keys = {
    a: function () { return press("[data-approve]"); },
    r: askReason,
    j: function () { return press("[data-next]"); },
    k: function () { return press("[data-previous]"); }
  };

  var went = 0; // when "g" was pressed: the key after it leads to another place (keys.js)

  document.addEventListener("keydown", function (event) {
    var follows = Date.now() - went < 1200;
    went = event.key === "g" ? Date.now() : 0;
    if (follows) { return; }
    var isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (isTyping && event.target.matches("[data-review] textarea") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (press("[data-reject]")) { event.preventDefault(); }
      return;
    }
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) { return; }
    if (keys[event.key] && keys[event.key]()) { event.preventDefault(); }
  });

  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-review]")) { return; }
    if (event.target.dataset.sent) { event.preventDefault(); } // a second press would decide about nothing
    event.target.dataset.sent = "1";
  });
})();
