// The timeline of a participant: J and K go from stop to stop, Enter opens the one that has the focus.

const stops = () => [...document.querySelectorAll("[data-clock] [data-stop]")].map((stop) => stop.querySelector("a[href]")).filter(Boolean);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (window.edc.typing(event.target) || document.querySelector("dialog[open]")) return;
  const step = { j: 1, k: -1 }[event.key.toLowerCase()];
  if (!step) return;
  const all = stops();
  const here = all.indexOf(document.activeElement.closest?.("[data-stop]")?.querySelector("a[href]"));
  const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center" });
});
