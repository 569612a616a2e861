// The participant × visit matrix as an ARIA grid: one tab stop, arrows move, Space lists the forms of a cell,
// Enter opens the next unfinished form, N goes to the next cell that needs me. Without script a cell is a link.

const table = document.querySelector("table.mx");
const holder = (cell) => cell?.querySelector("a.cell, button.cell, a, button") ?? cell;
const body = () => [...table.tBodies].flatMap((part) => [...part.rows]).filter((line) => !line.hidden);

let current = null;
let pop = null;
let owner = null;
let answer = null;

function cellOf(element) {
  return element?.closest?.("tbody td, tbody th");
}

function stop(cell) {
  if (current?.isConnected) holder(current).tabIndex = -1;
  current = cell;
  holder(cell).tabIndex = 0;
}

function go(cell) {
  if (!cell) return;
  stop(cell);
  holder(cell).focus();
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function at(row, column) {
  const lines = body();
  const line = lines[Math.max(0, Math.min(row, lines.length - 1))];
  return line?.cells[Math.max(0, Math.min(column, line.cells.length - 1))];
}

function nextOfMine() {
  const cells = body().flatMap((line) => [...line.cells]);
  const here = cells.indexOf(current);
  const found = [...cells.slice(here + 1), ...cells.slice(0, here + 1)].find((cell) => cell.classList.contains("todo"));
  if (found) go(found);
}

// The list of forms ------------------------------------------------------------------------------------------------

function place() {
  const box = owner.getBoundingClientRect();
  const [width, height] = [pop.offsetWidth, pop.offsetHeight];
  const room = document.documentElement;
  let left = box.right + 6;
  if (left + width > room.clientWidth - 8) left = Math.max(8, box.left - width - 6);
  let top = box.top - 8;
  if (top + height > window.innerHeight - 8) top = Math.max(54, window.innerHeight - height - 8);
  pop.style.left = `${left + window.scrollX}px`;
  pop.style.top = `${top + window.scrollY}px`;
}

function closePop(back = true) {
  if (!pop) return;
  answer?.abort();
  pop.remove();
  owner.classList.remove("foc");
  holder(owner).removeAttribute("aria-expanded");
  pop = null;
  if (back) go(owner);
}

async function openPop(cell) {
  const link = holder(cell);
  const address = link.dataset?.pop;
  if (!address) return false;
  closePop(false);
  owner = cell;
  stop(cell);
  pop = document.createElement("div");
  pop.className = "pop";
  pop.setAttribute("role", "dialog");
  pop.setAttribute("aria-label", link.getAttribute("aria-label") ?? "");
  pop.tabIndex = -1;
  pop.innerHTML = '<div class="pop-foot"></div>';
  pop.firstElementChild.textContent = window.edc.text("working");
  document.body.append(pop);
  cell.classList.add("foc");
  link.setAttribute("aria-expanded", "true");
  place();
  pop.focus();
  answer = new AbortController();
  try {
    const reply = await fetch(address, { headers: { "HX-Request": "true" }, cache: "no-store", signal: answer.signal });
    if (!reply.ok || reply.redirected) {
      location.assign(link.href);
      return true;
    }
    pop.innerHTML = await reply.text();
    window.htmx?.process(pop);
    window.edc.seen();
    place();
    (pop.querySelector(".pop-row.hot") ?? pop.querySelector(".pop-row") ?? pop).focus();
  } catch (problem) {
    if (problem.name === "AbortError") return true;
    closePop();
    window.edc.toast(window.edc.text("offline"), "warning");
  }
  return true;
}

function popKey(event) {
  const lines = [...pop.querySelectorAll("a.pop-row")];
  const here = lines.indexOf(document.activeElement);
  if (event.key === "Escape") closePop();
  else if (event.key === "ArrowDown") (lines[here + 1] ?? lines[0])?.focus();
  else if (event.key === "ArrowUp") (lines[here - 1] ?? lines.at(-1))?.focus();
  else if (/^[1-9]$/.test(event.key)) lines[Number(event.key) - 1]?.click();
  else if (event.key === "Enter" && here < 0 && document.activeElement === pop) holder(owner).dataset.next && location.assign(holder(owner).dataset.next);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// Fresh numbers when the reader comes back to this tab, with the focus where it was ------------------------------

const STALE = 30000;
let read = Date.now();

async function refresh() {
  if (document.hidden || pop || Date.now() - read < STALE) return;
  read = Date.now();
  const rows = table.querySelectorAll("tbody tr:not(.more)").length;
  const address = new URL(location.href);
  address.searchParams.set("rows", String(rows));
  let answer;
  try {
    answer = await fetch(address, { headers: { "HX-Polling": "1" }, cache: "no-store" });
  } catch {
    return;
  }
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const lines = fresh.querySelector("table.mx tbody");
  if (!lines || pop) return;
  const focused = table.contains(document.activeElement);
  const [row, column] = [body().indexOf(current?.parentElement), current?.cellIndex ?? 0];
  table.tBodies[0].replaceChildren(...lines.children);
  window.htmx?.process(table.tBodies[0]);
  ["chips", "updated"].forEach((id) => {
    const part = fresh.getElementById(id);
    if (part) document.getElementById(id)?.replaceWith(part);
  });
  rest();
  const cell = at(Math.max(row, 0), column);
  if (cell && focused) go(cell);
  else if (cell) stop(cell);
}

// Events -----------------------------------------------------------------------------------------------------------

function gridKey(event) {
  const cell = cellOf(event.target);
  if (!cell || event.altKey || event.metaKey) return;
  const row = body().indexOf(cell.parentElement);
  const column = cell.cellIndex;
  const last = cell.parentElement.cells.length - 1;
  const moves = {
    ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
    Home: event.ctrlKey ? [0, 0] : [row, 0], End: event.ctrlKey ? [Infinity, last] : [row, last],
    PageUp: [row - 10, column], PageDown: [row + 10, column],
  };
  const link = holder(cell);
  if (moves[event.key]) go(at(...moves[event.key]));
  else if (event.ctrlKey) return;
  else if (event.key === " ") openPop(cell);
  else if (event.key === "Enter") {
    if (!link.dataset?.next) return;
    location.assign(link.dataset.next);
  } else if (event.key.toLowerCase() === "n") nextOfMine();
  else return;
  event.preventDefault();
}

function rest() {
  body().forEach((line) => [...line.cells].forEach((cell) => {
    holder(cell).tabIndex = -1;
    cell.querySelectorAll("a, button").forEach((item) => { item.tabIndex = -1; });
  }));
}

if (table) {
  rest();
  const first = table.querySelector("tbody td.todo") ?? body()[0]?.cells[0];
  if (first) stop(first);
  table.addEventListener("keydown", gridKey);
  table.addEventListener("focusin", (event) => {
    const cell = cellOf(event.target);
    if (cell && cell !== current) stop(cell);
  });
  table.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("[data-pop]");
    if (!link) return;
    event.preventDefault();
    if (pop && owner === cellOf(link)) closePop();
    else openPop(cellOf(link));
  });
  document.addEventListener("keydown", (event) => {
    if (pop && pop.contains(event.target)) popKey(event);
    else if (!pop && event.key.toLowerCase() === "n" && !event.ctrlKey && !event.metaKey && !event.altKey && !window.edc.typing(event.target) && !cellOf(event.target) && !document.querySelector("dialog[open]")) nextOfMine();
  }, true);
  document.addEventListener("click", (event) => {
    if (!pop) return;
    if (event.target.closest("[data-pop-close]")) closePop();
    else if (!pop.contains(event.target) && !event.target.closest("[data-pop]")) closePop(false);
  });
  document.addEventListener("focusin", (event) => {
    if (pop && !pop.contains(event.target) && !owner.contains(event.target)) closePop(false);
  });
  window.addEventListener("resize", () => pop && place());
  document.addEventListener("visibilitychange", refresh);
  table.closest(".wrapm")?.addEventListener("scroll", () => closePop(false), { passive: true });
}
