// The console of freezing and locking: counts of what is chosen, arrows between the lines. Works without as well.

const form = document.querySelector("[data-locks]");
const boxes = () => [...form.querySelectorAll('input[name="at"]')];

/** The buttons say how many of the chosen lines are ready; with none chosen, how many of all. */
function count() {
  const chosen = boxes().filter((box) => box.checked);
  for (const button of form.querySelectorAll("[data-ready]")) {
    const act = button.dataset.ready;
    const place = button.querySelector("[data-n]");
    button.dataset.whole ??= place.textContent;
    const sites = chosen.some((box) => "site" in box.dataset);
    place.textContent = chosen.length && !sites ? chosen.filter((box) => box.dataset[act] === "1").length : button.dataset.whole;
  }
}

function move(box, step) {
  const all = boxes();
  const next = all[all.indexOf(box) + step];
  if (!next) return;
  next.focus();
  next.closest("tr").scrollIntoView({ block: "nearest" });
}

if (form) {
  form.addEventListener("change", (event) => {
    if ("all" in event.target.dataset) {
      for (const box of boxes()) if (box.value.startsWith("p:")) box.checked = event.target.checked;
    }
    count();
  });
  form.addEventListener("keydown", (event) => {
    if (event.target.name !== "at" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown") move(event.target, 1);
    else if (event.key === "ArrowUp") move(event.target, -1);
    else return;
    event.preventDefault();
  });
  count();
}
