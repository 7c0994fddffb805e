// Keyboard: "/" or Ctrl-K searches everything, "f" searches the list, "g" and a letter goes to a place, "?" helps.
(function () {
  "use strict";
  var waiting = 0; // since "g", in milliseconds
  var PATIENCE = 1200;

  function isTyping(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "checkbox";
  }

  function focusOn(id) {
    var field = document.getElementById(id);
    if (field) { field.focus(); field.select(); }
    return Boolean(field);
  }

  function goTo(letter) {
    var link = document.querySelector('[data-key="' + CSS.escape(letter) + '"]');
    if (link) { link.click(); }
    return Boolean(link);
  }

  function openHelp() {
    document.getElementById("keys").showModal();
    return true;
  }

  function act(event) {
    if (waiting && Date.now() - waiting < PATIENCE) {
      waiting = 0;
      return goTo(event.key);
    }
    if (event.key === "g") { waiting = Date.now(); return false; }
    if (event.key === "/") { return focusOn("search-everything"); }
    if (event.key === "f") { return focusOn("id_q"); }
    return event.key === "?" && openHelp();
  }

  document.addEventListener("keydown", function (event) {
    var isCommand = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    if (isCommand && focusOn("search-everything")) { event.preventDefault(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) { return; }
    if (act(event)) { event.preventDefault(); }
  });

  document.querySelectorAll("[data-keys-open]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", openHelp);
  });
})();
