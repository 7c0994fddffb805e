// The share button of an event page: the device's own sheet, else the address is copied.
const button = document.querySelector("[data-share]");
if (button && (navigator.share || navigator.clipboard)) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { title, url, done } = button.dataset;
    try {
      if (navigator.share) {
        await navigator.share({ title, url });
      } else {
        await navigator.clipboard.writeText(url);
        button.textContent = done;
      }
    } catch (problem) {
      if (problem.name !== "AbortError") throw problem; // they closed the sheet
    }
  });
}
