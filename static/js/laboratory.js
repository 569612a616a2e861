// A laboratory panel: values copied from a spreadsheet go into the column of results, by their names or downwards.

const MOST = 200;

function lines(text) {
  const rows = text.replace(/\r\n?/g, "\n").split("\n").filter((line) => line.trim());
  return rows.map((line) => line.split("\t").map((cell) => cell.trim()));
}

function named(table, name) {
  const word = name.normalize("NFKC").toLowerCase();
  return [...table.querySelectorAll("tr[data-names]")].find((row) => row.dataset.names.split("|").includes(word));
}

const resultOf = (row) => row?.querySelector("[data-name=lborres] :is(input, select)");

function put(box, text) {
  if (!box || box.disabled) return false;
  const sign = text.match(/^\s*([<>≤≥])\s*(.*)$/);
  box.value = sign ? sign[2] : text;
  const list = box.closest("tr").querySelector("[data-name=lbop] select");
  if (sign && list) {
    list.value = "<≤".includes(sign[1]) ? "LT" : "GT";
    list.dispatchEvent(new Event("change", { bubbles: true }));
  }
  for (const kind of ["input", "change"]) box.dispatchEvent(new Event(kind, { bubbles: true }));
  return true;
}

function setUnit(row, text) {
  const list = row.querySelector("[data-name=lborresu] select");
  const option = [...(list?.options ?? [])].find((item) => item.value.toLowerCase() === text.toLowerCase());
  if (option) list.value = option.value;
  return !text || Boolean(option) || !list;
}

function fill(table, start, rows) {
  const boxes = [...table.querySelectorAll("tbody tr")].map(resultOf).filter(Boolean);
  const left = [];
  let done = 0;
  let at = boxes.indexOf(start);
  for (const cells of rows) {
    const row = cells.length > 1 ? named(table, cells[0]) : null;
    if (cells.length > 1 && !row) {
      left.push(cells[0]);
      continue;
    }
    const box = row ? resultOf(row) : boxes[at++];
    const text = row ? cells[1] : cells[0];
    if (put(box, text) && (!row || setUnit(row, cells[2] ?? ""))) done += 1;
    else left.push(cells[0]);
  }
  return { done, left };
}

document.addEventListener("paste", (event) => {
  const table = event.target.closest?.("table[data-panel]");
  const box = event.target.closest?.("[data-name=lborres]") && event.target;
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!table || !box || !/[\n\t]/.test(text.trim())) return;
  event.preventDefault();
  const say = table.closest("form").dataset;
  const note = document.querySelector("#paste-note");
  const rows = lines(text);
  if (rows.length > MOST) {
    note.textContent = say.tooMany.replace("%(n)s", rows.length);
    return;
  }
  const { done, left } = fill(table, box, rows);
  const words = [say.pasted.replace("%(n)s", done)];
  if (left.length) words.push(say.notPasted.replace("%(n)s", left.length).replace("%(names)s", left.slice(0, 8).join(", ")));
  note.textContent = words.join(" ");
});

// What is calculated answers questions too: whether a result lies outside its range.
new MutationObserver(() => {
  const turned = [];
  document.querySelectorAll("#live data[data-code-for]").forEach((item) => {
    document.querySelectorAll(`[data-live-value="${CSS.escape(item.dataset.codeFor)}"]`).forEach((cell) => {
      if (cell.dataset.value !== item.value) turned.push(cell);
      cell.dataset.value = item.value;
    });
  });
  turned[0]?.dispatchEvent(new Event("change", { bubbles: true }));
}).observe(document.querySelector("#live"), { childList: true });
