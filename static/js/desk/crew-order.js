// Sections: a row is dragged by its handle to another place; the buttons beside it do the same without this file.
(function () {
  "use strict";
  var dragged = null;

  function form() { return document.querySelector("[data-order]"); }
  function rows() { return Array.from(document.querySelectorAll("[data-order] tbody tr")); }
  function clear() { rows().forEach(function (row) { row.classList.remove("is-before", "is-dragged"); }); }

  function show() {
    document.querySelectorAll(".handle").forEach(function (handle) { handle.hidden = false; });
  }

  function say(sentence) {
    var note = document.createElement("div");
    note.className = "note negative";
    note.setAttribute("role", "alert");
    note.textContent = sentence;
    document.getElementById("sections").prepend(note);
  }

  function send() {
    var data = new FormData();
    data.append("csrfmiddlewaretoken", form().querySelector("[name=csrfmiddlewaretoken]").value);
    rows().forEach(function (row) { data.append("section", row.dataset.uid); });
    var lost = form().dataset.lost;
    fetch(window.location.href, { method: "POST", body: data, headers: { "X-Board": "1" } }).then(function (response) {
      return response.text().then(function (html) {
        var fresh = new DOMParser().parseFromString(html, "text/html").getElementById("sections");
        if (!fresh) { throw new Error(); }
        document.getElementById("sections").replaceWith(fresh);
        show();
      });
    }).catch(function () { say(lost); });
  }

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
      send();
    }
    clear();
    dragged = null;
  });
  document.addEventListener("dragend", function () { clear(); dragged = null; });
  show();
})();
