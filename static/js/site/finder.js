// The search of events in place: its address holds no empty filters, and a field knows that it is wrong.
const finder = document.getElementById("finder");

finder.addEventListener("htmx:configRequest", ({ detail }) => {
  for (const [name, value] of [...detail.formData.entries()]) {
    if (!value) detail.formData.delete(name);
  }
});

document.body.addEventListener("htmx:afterSettle", () => {
  for (const field of finder.querySelectorAll(".field")) {
    const error = field.querySelector(".error");
    const input = field.querySelector("input, select");
    if (!error || !input) continue;
    if (error.textContent.trim()) {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", error.id);
    } else {
      input.removeAttribute("aria-invalid");
    }
  }
});
