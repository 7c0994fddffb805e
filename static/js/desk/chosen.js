// How many boxes of a form are ticked; without any there is nothing to go on with.
document.querySelectorAll("[data-chosen]").forEach((form) => {
  const count = form.querySelector("[data-chosen-count]");
  const button = form.querySelector("button");
  const say = () => {
    const number = form.querySelectorAll("input[type=checkbox]:checked").length;
    count.textContent = number === 1 ? count.dataset.one : count.dataset.many.replace("%s", number);
    button.disabled = number === 0;
  };
  form.addEventListener("change", say);
  say();
});
