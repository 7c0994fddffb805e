// The planner's board. Arrow keys (and j, k) go from shift to shift, "a" assigns to it, "p" shows or hides the people;
// people and names are dragged onto shifts. All of it is also done by the links and forms of the shift's own page.
(function () {
  "use strict";
  var layout = document.querySelector("[data-board]");
  if (!layout) { return; }
  var panel = document.getElementById("people");
  var toggle = document.querySelector("[data-people-toggle]");
  var said = document.querySelector("[data-said]");
  var dragged = null; // what is in the air: {person} or {assignment}
  var opened = ""; // the uid of the shift that the panel is about
  var wide = window.matchMedia("(min-width: 1100px)");
  var KEPT = "crew-people"; // whether this browser shows the people

  // --- The panel ---

  function remember(value) {
    try { window.localStorage.setItem(KEPT, value); } catch (error) { /* a browser that keeps nothing */ }
  }
  function wantsPeople() {
    try { return window.localStorage.getItem(KEPT) !== "off"; } catch (error) { return true; }
  }
  function showPanel(isShown) {
    panel.hidden = !isShown;
    toggle.setAttribute("aria-expanded", String(isShown));
  }
  function load(url) { // done when what came listens to keys, too
    return new Promise(function (resolve) {
      panel.addEventListener("htmx:afterSettle", resolve, { once: true });
      window.htmx.ajax("GET", url, { target: "#people", swap: "innerHTML" });
    });
  }
  function mark(uid) {
    document.querySelectorAll(".shift.is-open").forEach(function (card) { card.classList.remove("is-open"); });
    opened = uid;
    var card = uid && document.getElementById(uid);
    if (card) { card.classList.add("is-open"); }
  }
  function home() {
    var card = opened && document.getElementById(opened);
    mark("");
    load(panel.dataset.home);
    if (card) { card.focus(); }
  }
  function open(card, isSearching) {
    showPanel(true);
    mark(card.id);
    return load(card.href).then(function () {
      var place = isSearching ? panel.querySelector("input[type=search]") : panel;
      if (place) { place.focus({ preventScroll: true }); }
    });
  }
  function refresh() {
    var card = opened && document.getElementById(opened);
    var search = panel.querySelector("input[type=search]");
    var words = search ? search.value : "";
    if (panel.hidden) { return Promise.resolve(); }
    return load((card ? card.href : panel.dataset.home) + (words ? (card ? "?" : "&") + "q=" + encodeURIComponent(words) : ""));
  }

  // --- What is sent, and what comes back: parts of the page that changed ---

  function token() { return document.querySelector("[data-token] [name=csrfmiddlewaretoken]").value; }

  function put(html) {
    var parts = new DOMParser().parseFromString(html, "text/html").body;
    Array.from(parts.children).forEach(function (part) {
      if (part.id === "board-note") { note(part); return; }
      var old = part.id && document.getElementById(part.id);
      if (!old) { return; }
      var hadFocus = old === document.activeElement;
      old.replaceWith(part);
      if (hadFocus) { part.focus({ preventScroll: true }); }
    });
    if (opened) { mark(opened); }
    rove();
  }
  function note(part) {
    document.querySelectorAll("#board-note").forEach(function (old) { old.remove(); });
    var card = document.getElementById(part.dataset.at);
    if (part.classList.contains("negative") && card) {
      card.after(part);
      part.scrollIntoView({ block: "nearest" });
      return;
    }
    said.replaceChildren(part);
  }
  function lose(kind) { said.replaceChildren(window.crewLost.note(kind, layout.dataset)); }
  function send(url, data) {
    data.set("csrfmiddlewaretoken", token());
    data.set("board", layout.dataset.board);
    data.set("day", layout.dataset.day);
    var headers = { "X-Board": "1" };
    var wasInPanel = panel.contains(document.activeElement);
    return fetch(url, { method: "POST", body: data, headers: headers, redirect: "manual" }).then(function (response) {
      var kind = window.crewLost.why(response);
      if (kind) { lose(kind); return null; }
      if (response.status >= 500) { throw new Error(); }
      return response.text().then(function (html) {
        if (html.indexOf("board-note") < 0) { throw new Error(); }
        put(html);
        return refresh();
      }).then(function () {
        var search = wasInPanel && panel.querySelector("input[type=search]");
        if (search && !panel.contains(document.activeElement)) { search.focus({ preventScroll: true }); }
      });
    }).catch(function () { lose(""); });
  }
  function give(card, what) {
    var data = new FormData();
    data.set("act", what.person ? "assign" : "move");
    data.set(what.person ? "person" : "assignment", what.person || what.assignment);
    card.classList.add("is-busy");
    send(card.href, data).then(function () { card.classList.remove("is-busy"); });
  }

  document.addEventListener("submit", function (event) {
    var form = event.target.closest("[data-act]");
    if (!form) { return; }
    event.preventDefault();
    if (form.dataset.sent) { return; } // a second press would do it twice
    form.dataset.sent = "1";
    var data = new FormData(form);
    if (event.submitter && event.submitter.name) { data.set(event.submitter.name, event.submitter.value); }
    send(form.action, data).then(function () { delete form.dataset.sent; });
  });

  // --- The pointer ---

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-people-home]")) { home(); return; }
    var close = event.target.closest("[data-close-note]");
    if (close) { close.closest("#board-note").remove(); return; }
    var card = event.target.closest(".board-blocks .shift");
    var isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (card && isPlain && wide.matches) {
      event.preventDefault();
      open(card, false);
    }
  });

  document.addEventListener("dragstart", function (event) {
    var from = event.target.closest && event.target.closest("[data-assignment], [data-person]");
    if (!from) { return; }
    var data = from.dataset;
    dragged = data.assignment ? { assignment: data.assignment, from: from.closest(".shift") } : { person: data.person };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", from.textContent.trim());
  });
  function target(event) {
    var card = dragged && event.target.closest && event.target.closest(".board-block:not(.is-hint) .shift");
    return card && card !== dragged.from ? card : null;
  }
  function unmark() {
    document.querySelectorAll(".shift.is-target").forEach(function (one) { one.classList.remove("is-target"); });
  }
  document.addEventListener("dragover", function (event) {
    var card = target(event);
    unmark();
    if (!card) { return; }
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    card.classList.add("is-target");
  });
  document.addEventListener("drop", function (event) {
    var card = target(event);
    unmark();
    if (!card) { return; }
    event.preventDefault();
    give(card, dragged);
    dragged = null;
  });
  document.addEventListener("dragend", function () { unmark(); dragged = null; });

  // --- The keyboard: one shift is reached by Tab, the others by arrows ---

  var STOPS = ".shift, .board-add";
  function stops(root) { return Array.from((root || layout).querySelectorAll("[data-grid] " + STOPS.replace(", ", ", [data-grid] "))); }
  function rove(now) {
    var all = stops();
    var here = now || all.find(function (one) { return one === document.activeElement; });
    here = here || all.find(function (one) { return one.tabIndex === 0 && one.dataset.stop; }) || all[0];
    all.forEach(function (one) {
      one.tabIndex = one === here ? 0 : -1;
      if (one === here) { one.dataset.stop = "1"; } else { delete one.dataset.stop; }
    });
  }
  function go(to) {
    if (!to) { return; }
    rove(to);
    to.focus();
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  function sideways(here, step) {
    var cell = here.closest("td");
    do { cell = step > 0 ? cell.nextElementSibling : cell.previousElementSibling; } while (cell && cell.tagName !== "TD");
    return cell && cell.querySelector(STOPS);
  }
  function along(here, step) {
    var cell = here.closest("td");
    var inCell = Array.from(cell.querySelectorAll(STOPS));
    var next = inCell[inCell.indexOf(here) + step];
    if (next) { return next; }
    var rows = Array.from(layout.querySelectorAll("[data-grid] tbody tr:not(.board-category)"));
    var place = rows.indexOf(cell.parentNode) + step;
    var row = rows[place];
    if (!row) { return null; }
    var below = row.cells[Math.min(cell.cellIndex, row.cells.length - 1)];
    var those = Array.from(below.querySelectorAll(STOPS));
    return those[step > 0 ? 0 : those.length - 1];
  }
  var MOVES = {
    ArrowRight: function (here) { return sideways(here, 1); },
    ArrowLeft: function (here) { return sideways(here, -1); },
    ArrowDown: function (here) { return along(here, 1); },
    ArrowUp: function (here) { return along(here, -1); },
    j: function (here) { return along(here, 1); },
    k: function (here) { return along(here, -1); }
  };
  var went = 0; // when "g" was pressed: the key after it leads to another place (keys.js)

  function isTyping(element) { return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName); }

  document.addEventListener("keydown", function (event) {
    // A panel that was renewed under the focus leaves it on the page itself.
    var isInside = panel.contains(document.activeElement) || document.activeElement === document.body;
    if (event.key === "Escape" && !event.defaultPrevented && opened && isInside) { home(); return; }
    var follows = Date.now() - went < 1200;
    went = event.key === "g" ? Date.now() : 0;
    if (follows || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) { return; }
    if (document.querySelector("dialog[open]")) { return; }
    var here = document.activeElement.closest("[data-grid] .shift, [data-grid] .board-add");
    if (here && MOVES[event.key]) {
      event.preventDefault();
      go(MOVES[event.key](here));
    } else if (!here && (event.key === "j" || event.key === "k") && !document.activeElement.closest(".people")) {
      event.preventDefault();
      go(stops()[0]);
    } else if (event.key === "a" && here && here.matches(".shift") && wide.matches) {
      event.preventDefault();
      open(here, true);
    } else if (event.key === "a" && here) {
      window.location.assign(here.href); // the shift's own page, or the form of a new one
    } else if (event.key === "p" && wide.matches) {
      event.preventDefault();
      toggle.click();
    }
  });
  layout.addEventListener("focusin", function (event) {
    if (event.target.matches && event.target.matches(STOPS)) { rove(event.target); }
  });

  toggle.hidden = false;
  toggle.addEventListener("click", function () {
    showPanel(panel.hidden);
    remember(panel.hidden ? "off" : "on");
    if (!panel.hidden && !opened) { load(panel.dataset.home); }
  });
  rove();
  if (wide.matches && wantsPeople()) { showPanel(true); load(panel.dataset.home); } else { showPanel(false); }
})();
