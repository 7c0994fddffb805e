// Uploading: files can be dropped, are shown before they are sent, and a bar says how far it is.
(function () {
  "use strict";

  function judge(input) { // what is too large is not sent at all
    var form = input.closest("[data-upload]");
    var isTooLarge = input.files.length && input.files[0].size > Number(form.dataset.most);
    input.setCustomValidity(isTooLarge ? form.dataset.tooLarge : "");
    return input.reportValidity();
  }

  function preview(input) {
    var picture = input.closest("[data-drop]").querySelector("[data-preview]");
    var file = input.files[0];
    if (picture.src) { URL.revokeObjectURL(picture.src); }
    picture.hidden = !(file && /^image\//.test(file.type));
    if (picture.hidden) { picture.removeAttribute("src"); } else { picture.src = URL.createObjectURL(file); }
  }

  function show(request, form) {
    var page = new DOMParser().parseFromString(request.responseText, "text/html");
    var fresh = page.getElementById("content");
    if (!fresh) { form.submit(); return; }
    document.getElementById("content").replaceWith(document.adoptNode(fresh));
    history.replaceState(null, "", request.responseURL);
    var told = fresh.querySelector('[aria-invalid="true"]') || fresh;
    told.focus();
    if (told === fresh) { window.scrollTo(0, 0); }
  }

  function send(form) {
    var bar = form.querySelector("progress");
    var button = form.querySelector("button");
    var request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", function (event) {
      if (event.lengthComputable) { bar.value = 100 * event.loaded / event.total; }
    });
    request.addEventListener("load", function () { show(request, form); });
    request.addEventListener("error", function () { button.disabled = false; bar.hidden = true; form.submit(); });
    bar.hidden = false;
    button.disabled = true;
    request.send(new FormData(form));
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-drop] input[type=file]")) {
      preview(event.target);
      judge(event.target);
    }
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    var input = form.matches("[data-upload]") && form.querySelector("input[type=file]");
    if (input && input.files.length) {
      event.preventDefault();
      if (judge(input)) { send(form); }
    }
  });
  ["dragenter", "dragover", "dragleave", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var area = event.target.closest && event.target.closest("[data-drop]");
      if (!area) { return; }
      event.preventDefault();
      area.classList.toggle("is-over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) {
        var input = area.querySelector("input[type=file]");
        input.files = event.dataTransfer.files;
        preview(input);
        judge(input);
      }
    });
  });
})();
