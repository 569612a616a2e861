// Digits open the tiles of the home page, unless single keys are switched off or something is typed.
const off = document.documentElement.dataset.keys === "off";

document.addEventListener("keydown", (event) => {
  if (off || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable], dialog")) return;
  const tile = document.querySelector(`[data-tiles] [data-key="${CSS.escape(event.key)}"]`);
  if (tile) {
    event.preventDefault();
    tile.click();
  }
});
