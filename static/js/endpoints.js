// The endpoint dashboard: a choice is taken at once, and keys: 1 to 9 open a card, D the data and T the trace of the figure
// that is in view. Without script the form has its button and everything is a link.
const off = document.documentElement.dataset.keys === "off";

document.querySelectorAll("[data-board-form]").forEach((form) => {
  form.querySelector("[data-board-submit]").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
});

document.addEventListener("submit", (event) => {
  // An address says what differs from the default, and nothing else.
  if (!event.target.matches?.("[data-board-form], .pick-b form")) return;
  event.target.querySelectorAll("select, input").forEach((field) => {
    if (!field.value || (field.name === "set" && field.value === "FAS")) field.disabled = true;
  });
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-board-form] :disabled, .pick-b :disabled").forEach((field) => { field.disabled = false; });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll(".pick-d[open]").forEach((item) => { item.open = false; });
});
document.addEventListener("click", (event) => {
  document.querySelectorAll(".pick-d[open]").forEach((item) => { if (!item.contains(event.target)) item.open = false; });
});

/** The figure with the focus, else the first whose head is in view. */
function figure() {
  const focused = document.activeElement?.closest?.(".fg, .bx");
  if (focused?.querySelector("[data-tool]")) return focused;
  return [...document.querySelectorAll(".fg, .bx[id^=fig-]")].find((item) => item.getBoundingClientRect().bottom > 160);
}

if (!off) document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || window.edc?.typing?.(event)) return;
  if (event.target.closest?.("input, select, textarea, dialog, .drawer, [contenteditable]") || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const link = /^[1-9]$/.test(key) ? document.querySelector(`[data-key="${key}"]`)
    : key === "d" ? figure()?.querySelector("[data-tool=data]")
    : key === "t" ? figure()?.querySelector("[data-tool=trace]") : null;
  if (!link) return;
  event.preventDefault();
  link.click();
});
