// Tables of values (lesions, laboratory): table[data-grid] moves with arrows and Enter, `U` says not evaluable.
// A form with data-preview-url shows the server's result beside the values as they are typed; the saved result counts.

const boxes = "input:not([type=hidden]):not([type=radio]):not([type=checkbox]):not(:disabled), select:not(:disabled)";

function column(box) {
  const cell = box.closest("td, th");
  const place = [...cell.querySelectorAll(boxes)].indexOf(box);
  return [...box.closest("table").querySelectorAll("tbody tr")]
    .map((row) => row.cells[cell.cellIndex]?.querySelectorAll(boxes)[place])
    .filter((item) => item && item.offsetParent !== null);
}

function row(box) {
  return [...box.closest("tr").querySelectorAll(boxes)].filter((item) => item.offsetParent !== null);
}

function moveTo(box) {
  if (!box) return false;
  box.focus();
  box.select?.();
  return true;
}

function vertical(box, step, wraps) {
  const boxes = column(box);
  const next = boxes[boxes.indexOf(box) + step];
  if (next || !wraps) return moveTo(next);
  // From the foot of a column Enter goes on at the head of the next one.
  const beside = row(box)[row(box).indexOf(box) + 1];
  return moveTo(beside ? column(beside)[0] : null);
}

/** Not evaluable: into the state named by data-state, else into the missing reason, else into the box itself. */
function notEvaluable(box) {
  const code = box.dataset.ne || "NE";
  const form = box.form;
  const state = form?.elements[box.dataset.state] ?? form?.elements[`${box.name}__miss`];
  const options = state?.options ? [...state.options].map((option) => option.value) : [];
  const chosen = [code, "NAV", "ND"].find((value) => options.includes(value));
  if (!chosen) return false;
  state.value = chosen;
  state.dispatchEvent(new Event("input", { bubbles: true }));
  state.dispatchEvent(new Event("change", { bubbles: true }));
  box.classList.add("ne");
  window.edc.announce(state.selectedOptions[0].text);
  return true;
}

/** Enter on a group of answers goes to the same question of the next line, with Shift of the line before. */
function answersBelow(input, step) {
  const cell = input.closest("td, th");
  const rows = [...input.closest("tbody").rows].filter((line) => line.offsetParent !== null);
  for (let at = rows.indexOf(cell.parentElement) + step; rows[at]; at += step) {
    const place = rows[at].cells[cell.cellIndex];
    const next = place?.querySelector("input:checked:not(:disabled)") ?? place?.querySelector(boxes) ?? place?.querySelector(".seg-opt input:not(:disabled)");
    if (next && next.offsetParent !== null) return moveTo(next);
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!box.matches?.("table[data-grid] :is(input, select)")) return;
  if (box.matches("[type=radio], [type=checkbox]")) {
    if (event.key !== "Enter") return;
    answersBelow(box, event.shiftKey ? -1 : 1);
    event.preventDefault();
    return;
  }
  const list = box.tagName === "SELECT";
  const edge = list || (box.selectionStart === 0 && box.selectionEnd === box.value.length);
  let done = false;
  if (event.key === "Enter") done = vertical(box, event.shiftKey ? -1 : 1, !event.shiftKey) || true;
  else if (event.key === "ArrowDown" && !list) done = vertical(box, 1, false);
  else if (event.key === "ArrowUp" && !list) done = vertical(box, -1, false);
  else if (event.key === "ArrowRight" && !list && (edge || box.selectionStart === box.value.length)) done = moveTo(row(box)[row(box).indexOf(box) + 1]);
  else if (event.key === "ArrowLeft" && !list && (edge || box.selectionEnd === 0)) done = moveTo(row(box)[row(box).indexOf(box) - 1]);
  else if (event.key.toLowerCase() === "u" && !list && box.value === "") done = notEvaluable(box);
  if (done) event.preventDefault();
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("table[data-grid] input:not([type=radio]):not([type=checkbox])")) event.target.select();
});
document.addEventListener("input", (event) => {
  if (event.target.matches?.("table[data-grid] input.ne") && event.target.value) event.target.classList.remove("ne");
});

// Live result ------------------------------------------------------------------------------------------------------

function preview(form) {
  const target = document.querySelector(form.dataset.previewTarget || "#preview");
  if (!target) return;
  let timer = 0;
  let asking = null;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(form.dataset.previewUrl, {
        method: "POST", body: new FormData(form), signal: asking.signal,
        headers: { "HX-Request": "true", "X-CSRFToken": window.edc.token() },
      });
      if (!answer.ok || answer.redirected) return;
      target.innerHTML = await answer.text();
      // The same answer carries the sums of the grid: <data data-for="sum-r" value="82">.
      target.querySelectorAll("data[data-for]").forEach((item) => {
        document.querySelectorAll(`[data-live="${CSS.escape(item.dataset.for)}"]`).forEach((cell) => { cell.textContent = item.value; });
      });
      window.htmx?.process(target);
      window.edc.seen();
    } catch (problem) {
      if (problem.name !== "AbortError") target.classList.add("stale");
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 400);
  });
}

document.querySelectorAll("form[data-preview-url]").forEach(preview);
