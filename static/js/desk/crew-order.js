// Sections: a row is dragged by its handle to another place, or moved by the buttons beside it, which keep the focus.
// Without this file the buttons load the page again.
(function () {
  "use strict";
  var dragged = null;
  var last = Promise.resolve(); // one act after the other, however fast they come

  function form() { return document.querySelector("[data-order]"); }
  function rows() { return Array.from(document.querySelectorAll("[data-order] tbody tr")); }
  function clear() { rows().forEach(function (row) { row.classList.remove("is-before", "is-dragged"); }); }

  function show() {
    document.querySelectorAll(".handle").forEach(function (handle) { handle.hidden = false; });
  }

  function lose(kind) {
    document.querySelectorAll("#board-note").forEach(function (old) { old.remove(); });
    document.getElementById("sections").prepend(window.crewLost.note(kind, form().dataset));
  }

  function put(html) {
    var fresh = new DOMParser().parseFromString(html, "text/html").getElementById("sections");
    if (!fresh) { throw new Error(); }
    document.getElementById("sections").replaceWith(fresh);
    show();
    var button = fresh.querySelector("[autofocus]");
    if (button) { button.focus(); }
    document.querySelector("[data-said]").textContent = fresh.dataset.moved || "";
  }

  function post(data) {
    data.set("csrfmiddlewaretoken", form().querySelector("[name=csrfmiddlewaretoken]").value);
    var options = { method: "POST", body: data, headers: { "X-Board": "1" }, redirect: "manual" };
    return fetch(window.location.pathname, options).then(function (response) {
      var kind = window.crewLost.why(response);
      if (kind) { lose(kind); return null; }
      return response.text().then(put);
    }).catch(function () { lose(""); });
  }

  function send(name, values) {
    var data = new FormData();
    values.forEach(function (value) { data.append(name, value); });
    last = last.then(function () { return post(data); });
  }

  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-order]") || !event.submitter) { return; }
    event.preventDefault();
    send(event.submitter.name, [event.submitter.value]);
  });

  document.addEventListener("dragstart", function (event) {
    var handle = event.target.closest && event.target.closest(".handle");
    if (!handle) { return; }
    dragged = handle.closest("tr");
    dragged.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.uid);
  });
  document.addEventListener("dragover", function (event) {
    var row = dragged && event.target.closest("[data-order] tbody tr");
    if (!row) { return; }
    event.preventDefault();
    rows().forEach(function (one) { one.classList.toggle("is-before", one === row && one !== dragged); });
  });
  document.addEventListener("drop", function (event) {
    var row = dragged && event.target.closest("[data-order] tbody tr");
    if (!row) { return; }
    event.preventDefault();
    var all = rows();
    if (row !== dragged) {
      row.parentNode.insertBefore(dragged, all.indexOf(dragged) < all.indexOf(row) ? row.nextSibling : row);
      send("section", rows().map(function (one) { return one.dataset.uid; }));
    }
    clear();
    dragged = null;
  });
  document.addEventListener("dragend", function () { clear(); dragged = null; });
  show();
})();
