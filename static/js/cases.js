// Central pathology for the data manager: counts of what is chosen, all at once, many lines pasted into a table.
// Works without as well: the server refuses what cannot be, and "more lines" is a button of the form.

const list = document.querySelector("[data-cases]");

/** The buttons say how many of the chosen cases they are about. */
function count() {
  const chosen = [...list.querySelectorAll('input[name="case"]:checked')];
  for (const button of list.querySelectorAll("[data-needs]")) {
    const need = button.dataset.needs;
    const n = chosen.filter((box) => need in box.dataset).length;
    button.querySelector("[data-n]").textContent = chosen.length ? String(n) : "";
  }
}

if (list) {
  list.addEventListener("change", (event) => {
    if ("all" in event.target.dataset) {
      for (const box of list.querySelectorAll('input[name="case"]')) box.checked = event.target.checked;
    }
    count();
  });
  count();
}

// Items of one case: all of a kind at once.
for (const box of document.querySelectorAll("[data-items-all]")) {
  box.addEventListener("change", () => {
    for (const one of document.querySelectorAll('input[name="item"]')) if (!one.disabled) one.checked = box.checked;
  });
}

// Several lines pasted into a cell of the table go into the box for lines, where they can be read.
const arrive = document.querySelector("[data-arrive]");
if (arrive) {
  arrive.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!text.trim().includes("\n")) return;
    event.preventDefault();
    const lines = document.querySelector("#lines");
    lines.value = lines.value ? `${lines.value.replace(/\n*$/, "")}\n${text}` : text;
    lines.focus();
  });
}
