// The ticket's page: keeps itself for a place without network, and the screen awake while the code is held up.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/tickets/worker.js", { scope: "/tickets/" }).then(async () => {
    const { active } = await navigator.serviceWorker.ready;
    const parts = performance.getEntriesByType("resource").map((one) => one.name);
    active.postMessage([location.origin + location.pathname, ...parts]);
  }).catch(() => {});
}

const stayAwake = () => {
  if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
};
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
