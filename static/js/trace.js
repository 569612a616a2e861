// [ and ] go to the participants before and after, unless single keys are switched off or something is typed.
const off = document.documentElement.dataset.keys === "off";

document.addEventListener("keydown", (event) => {
  if (off || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable], dialog")) return;
  const side = { "[": "prev", "]": "next" }[event.key];
  const link = side && document.querySelector(`.ctl a[rel="${side}"]`);
  if (link) {
    event.preventDefault();
    link.click();
  }
});
