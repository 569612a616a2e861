// Entry of a CRF: form[data-crf]. The server reads the same form without script; script adds keys, dates,
// conditions, missing reasons, rows, drafts and the count of what is left. Contract of the HTML: docs/ui.md.

const { text, announce, goTo } = window.edc;
const chinese = window.edc.lang.startsWith("zh");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const controls = (root) => [...root.querySelectorAll("input:not([type=hidden]):not([type=button]), select, textarea")];
const answers = (field) => controls(field).filter((item) => !item.name.endsWith("__miss") && !item.matches("[data-no-answer]"));
const missOf = (field) => field.querySelector('[name$="__miss"]');
const plain = (value) => value.normalize("NFKC").trim();

// Values -----------------------------------------------------------------------------------------------------------

/** What a field says: a list for "multi", an ISO text for dates, else a text; "" when unanswered. */
function valueOf(field) {
  if (!field) return "";
  const items = answers(field);
  const kind = field.dataset.kind;
  if (kind === "multi") return items.filter((item) => item.checked).map((item) => item.value);
  if (kind === "date" || kind === "pdate") {
    const part = (end) => plain(items.find((item) => item.name.endsWith(`__${end}`))?.value ?? "");
    const year = part("y");
    if (!year) return part("m") || part("d") ? "?" : "";
    return [year, monthNumber(part("m")), part("d").padStart(2, "0")].filter((bit) => /\d/.test(bit)).join("-") || year;
  }
  const radios = items.filter((item) => item.type === "radio" || item.type === "checkbox");
  if (radios.length) return radios.find((item) => item.checked)?.value ?? "";
  if (!items.length) return field.dataset.value ?? "";
  return plain(items[0].value);
}

const answered = (field) => {
  const value = valueOf(field);
  return Array.isArray(value) ? value.length > 0 : value !== "";
};

/** The field called `name`, in the same row before elsewhere. */
function named(form, name, from) {
  const selector = `[data-name="${CSS.escape(name)}"]`;
  return from?.closest("[data-row]")?.querySelector(selector) ?? [...form.querySelectorAll(selector)].find((item) => !item.closest("[data-row]"));
}

// Conditions: the same tree as on the server; an unanswered field makes every comparison false ------------------------

function holds(tree, form, from) {
  const parts = tree.of ?? tree.args ?? [];
  if (tree.op === "and") return parts.every((part) => holds(part, form, from));
  if (tree.op === "or") return parts.some((part) => holds(part, form, from));
  if (tree.op === "not") return !holds(parts[0], form, from);
  if (tree.op === "const") return Boolean(tree.value);
  const value = valueOf(named(form, tree.field, from));
  const items = Array.isArray(value) ? value : [value];
  if (!items.length || items[0] === "") return false;
  if (tree.op === "answered") return true;
  if (tree.op === "in") return items.some((item) => tree.values.includes(item));
  if (tree.op === "has") return items.includes(tree.value);
  if (tree.op === "has_prefix") return items.some((item) => item.startsWith(tree.value));
  const other = tree.ref ? valueOf(named(form, tree.ref, from)) : tree.value;
  if (other === "" || other === null || other === undefined) return false;
  if (tree.op === "eq" || tree.op === "ne") {
    let same = Array.isArray(value) && tree.op === "eq" ? items.length === 1 && items[0] === String(other) : items.includes(String(other));
    if (!same && !Array.isArray(value) && !Number.isNaN(Number(value)) && value !== "") same = Number(value) === Number(other);
    return tree.op === "eq" ? same : !same;
  }
  const dates = /^\d{4}-/.test(items[0]) && /^\d{4}-/.test(String(other));
  const [left, right] = dates ? [items[0], String(other)] : [Number(items[0]), Number(other)];
  if (!dates && (Number.isNaN(left) || Number.isNaN(right))) return false;
  return { gt: left > right, lt: left < right, ge: left >= right, le: left <= right }[tree.op] ?? false;
}

/** Show and hide; what is hidden keeps its value until Save, and the server asks before it removes it. */
function showByCondition(form, speak) {
  const turned = { shown: [], hidden: [] };
  form.querySelectorAll("[data-when]").forEach((part) => {
    part.condition ??= JSON.parse(part.dataset.when);
    const show = holds(part.condition, form, part);
    if (show !== part.hidden) return;
    part.hidden = !show;
    if (!speak) return;
    const name = part.querySelector(".f-label, legend, h2, h3")?.textContent.trim() ?? "";
    turned[show ? "shown" : "hidden"].push(name);
    part.classList.toggle("appears", show);
  });
  const said = Object.entries(turned).filter(([, names]) => names.length).map(([key, names]) => text(key, names.join(", ")));
  if (said.length) announce(said.join(". "));
}

// What is left -----------------------------------------------------------------------------------------------------

/** A new row in which nothing was typed is not stored, so nothing in it is required. */
function blank(row) {
  return row && [...row.querySelectorAll("[data-name]")].every((field) => !answered(field) && !missOf(field)?.value);
}

function left(form) {
  return [...form.querySelectorAll("[data-required]")].filter(
    (field) => !field.closest("[hidden], .removed") && !answered(field) && !missOf(field)?.value && !blank(field.closest("[data-row].new")),
  );
}

function count(form) {
  const open = left(form);
  form.querySelectorAll("[data-required]").forEach((field) => field.classList.toggle("missing", open.includes(field)));
  document.querySelectorAll("[data-left]").forEach((item) => {
    item.textContent = open.length > 1 ? text("requiredLeft", open.length) : text(open.length ? "requiredOne" : "requiredNone");
    item.classList.toggle("done", !open.length);
    item.disabled = !open.length;
  });
  form.querySelectorAll("[data-flag]").forEach((flag) => { flag.hidden = !open.includes(flag.closest("[data-name]")); });
}

// Texts as they come from a Chinese keyboard or a report -------------------------------------------------------------

function monthNumber(typed) {
  const word = plain(typed).replace(/月$/, "");
  if (/^\d{1,2}$/.test(word)) return word.padStart(2, "0");
  const place = MONTHS.findIndex((name) => word.length >= 3 && word.toLowerCase().startsWith(name.toLowerCase()));
  return place < 0 ? "" : String(place + 1).padStart(2, "0");
}

function tidy(input, field) {
  if (input.type !== "text" && input.type !== "") return;
  const kind = field?.dataset.kind;
  if (!["int", "dec", "date", "pdate", "time"].includes(kind) && !input.inputMode) return;
  let value = plain(input.value);
  const unit = field?.querySelector(".unit")?.textContent.trim();
  if (unit && value.toLowerCase().endsWith(unit.toLowerCase())) value = value.slice(0, -unit.length).trim();
  if (/^(unk|uk|未知|不详)$/i.test(value) && (kind === "pdate" || kind === "date")) value = "UNK";
  else if (input.name.endsWith("__m")) {
    const number = Number(monthNumber(value));
    if (number >= 1 && number <= 12) value = chinese ? String(number) : MONTHS[number - 1];
  } else if (input.name.endsWith("__y")) value = value.replace(/年$/, "");
  else if (input.name.endsWith("__d")) value = value.replace(/[日号]$/, "");
  else if (kind === "time") {
    const parts = /^(\d{1,2})[:.：]?(\d{2})$/.exec(value);
    if (parts) value = `${parts[1].padStart(2, "0")}:${parts[2]}`;
  }
  if (value !== input.value) input.value = value;
}

function setDate(field, day) {
  const [year, month, date] = day;
  const set = (end, value) => {
    const box = field.querySelector(`[name$="__${end}"]`);
    if (box) box.value = value;
  };
  set("y", String(year));
  set("m", chinese ? String(month) : MONTHS[month - 1]);
  set("d", String(date));
  changed(field.querySelector('[name$="__d"]') ?? field.querySelector("input"));
}

/** Today where the participant is (data-today of the form), else here; `back` days earlier. */
function dayOf(form, back) {
  const now = new Date();
  const [year, month, date] = form.dataset.today ? form.dataset.today.split("-").map(Number) : [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  const day = new Date(Date.UTC(year, month - 1, date - back));
  return [day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()];
}

function changed(input) {
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// Keys -------------------------------------------------------------------------------------------------------------

function fieldKeys(event, form) {
  const input = event.target;
  const field = input.closest("[data-name]");
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (input.matches(".seg-opt input")) {
    const options = [...input.closest(".seg").querySelectorAll(".seg-opt input:not(:disabled)")];
    if (/^[1-9]$/.test(event.key) && options[event.key - 1]) {
      const option = options[event.key - 1];
      option.focus();
      option.checked = option.type === "radio" ? true : !option.checked;
      changed(option);
      event.preventDefault();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      options.forEach((option) => { option.checked = false; });
      changed(input);
      event.preventDefault();
    }
  } else if (["date", "pdate"].includes(field?.dataset.kind) && input.value === "" && /^[tyv]$/i.test(event.key)) {
    const key = event.key.toLowerCase();
    if (key === "v") {
      if (form.dataset.visitDay) setDate(field, form.dataset.visitDay.split("-").map(Number));
      else announce(text("noVisitDay"));
    } else setDate(field, dayOf(form, key === "y" ? 1 : 0));
    event.preventDefault();
  } else if (event.key === "Enter" && input.matches("input") && !input.closest("[data-grid]")) {
    event.preventDefault(); // Enter must not send a half-filled form; Ctrl+S and Ctrl+Enter do
  }
}

function submitter(form, act) {
  const own = `[data-act="${act}"], button[value="${act}"]`;
  return [...form.elements].find((item) => item.type === "submit" && item.matches(own) && !item.disabled);
}

/** Of several forms on a page (a log and its line) the one with the cursor, else the one that was opened last. */
function formInUse() {
  const forms = [...document.querySelectorAll("form[data-crf]")].filter((form) => form.offsetParent !== null);
  return document.activeElement?.closest("form[data-crf]") ?? forms.at(-1);
}

function formKeys(event, form) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
  const act = event.key.toLowerCase() === "s" ? "save" : event.key === "Enter" ? "complete" : "";
  if (!act) return;
  event.preventDefault();
  document.activeElement?.blur?.();
  const button = submitter(form, act);
  if (button) form.requestSubmit(button);
}

// Missing reasons: a "…" beside the field; a reason clears the value, a value clears the reason --------------------------

function missing(field) {
  const select = missOf(field);
  if (!select || select.tagName !== "SELECT" || select.ready) return;
  select.ready = true;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "miss-btn";
  button.textContent = "…";
  button.title = select.getAttribute("aria-label") ?? "";
  button.setAttribute("aria-label", button.title);
  select.before(button);
  const show = (open) => {
    select.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.classList.toggle("used", Boolean(select.value));
    field.classList.toggle("is-missing", Boolean(select.value));
  };
  button.addEventListener("click", () => {
    show(select.hidden);
    if (!select.hidden) select.focus();
  });
  select.addEventListener("change", () => {
    if (select.value) {
      answers(field).forEach((item) => {
        if (item.type === "radio" || item.type === "checkbox") item.checked = false;
        else item.value = "";
      });
      announce(text("missing", select.selectedOptions[0].text));
    } else announce(text("noMissing"));
    show(Boolean(select.value));
  });
  field.addEventListener("input", (event) => {
    if (event.target === select || !select.value || !answered(field)) return;
    select.value = "";
    show(false);
    announce(text("noMissing"));
  });
  show(Boolean(select.value));
}

/** A chosen answer can be taken back with the mouse too. */
function clearable(seg) {
  if (seg.ready || !seg.querySelector("input[type=radio]") || seg.querySelector("input:disabled")) return;
  seg.ready = true;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "clear-seg";
  button.tabIndex = -1;
  button.textContent = "×";
  button.title = text("clear");
  button.setAttribute("aria-label", text("clear"));
  const show = () => button.classList.toggle("idle", !seg.querySelector("input:checked"));
  button.addEventListener("click", () => {
    const radios = [...seg.querySelectorAll("input[type=radio]")];
    radios.forEach((item) => { item.checked = false; });
    radios[0].focus();
    changed(radios[0]);
  });
  seg.addEventListener("change", show);
  seg.append(button); // inside, so that it stays beside the last answer when the answers fill the line
  show();
}

// Repeating rows -----------------------------------------------------------------------------------------------------

function addRow(form, button) {
  const section = button.dataset.addRow;
  const template = form.querySelector(`template[data-row-template="${CSS.escape(section)}"]`);
  const place = form.querySelector(`[data-rows="${CSS.escape(section)}"]`);
  if (!template || !place) return false;
  let number = 1;
  while (place.querySelector(`[data-row="n${number}"]`)) number += 1;
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll("__key__", `n${number}`);
  const row = holder.content.firstElementChild;
  row.dataset.row = `n${number}`;
  row.classList.add("new");
  place.append(row);
  window.htmx?.process(row);
  prepare(form, row);
  showByCondition(form, false);
  count(form);
  window.edc.focusable(row)?.focus();
  announce(text("rowAdded"));
  return true;
}

/** A new row goes at once; a saved row asks for the reason in place and goes when the form is saved. */
function removeRow(form, button) {
  const row = button.closest("[data-row]");
  const section = button.dataset.removeRow || row.closest("[data-rows]")?.dataset.rows;
  const place = row.closest("[data-rows]");
  if (row.dataset.row.startsWith("n")) {
    row.remove();
    announce(text("rowRemoved"));
    form.dispatchEvent(new Event("input", { bubbles: true }));
    (place?.parentElement.querySelector("[data-add-row]") ?? form.querySelector("[data-add-row]"))?.focus();
    return;
  }
  if (row.classList.contains("removed")) return;
  row.classList.add("removed");
  const prefix = `${section}.${row.dataset.row}.`;
  const box = document.createElement("div");
  box.className = "remove-reason";
  const flag = Object.assign(document.createElement("input"), { type: "hidden", name: `${prefix}-remove`, value: "1" });
  const label = document.createElement("label");
  const reason = Object.assign(document.createElement("input"), { type: "text", name: `${prefix}-reason`, className: "form-control", id: `i-${prefix}-reason` });
  label.htmlFor = reason.id;
  label.className = "fw-5";
  label.textContent = text("whyRemove");
  const undo = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-quiet btn-sm", textContent: text("cancel") });
  box.append(flag, label, reason, undo);
  const line = row.tagName === "TR" ? document.createElement("tr") : null;
  if (line) {
    const cell = document.createElement("td");
    cell.colSpan = row.cells.length;
    cell.append(box);
    line.append(cell);
    row.after(line);
  } else row.append(box);
  undo.addEventListener("click", () => {
    (line ?? box).remove();
    row.classList.remove("removed");
    form.dispatchEvent(new Event("input", { bubbles: true }));
    button.focus();
  });
  form.dispatchEvent(new Event("input", { bubbles: true }));
  reason.focus();
}

// Changes: reason, drafts, guard ---------------------------------------------------------------------------------------

function snapshot(form) {
  const said = new Map();
  form.querySelectorAll("[data-name]").forEach((field) => {
    said.set(field, JSON.stringify([valueOf(field), missOf(field)?.value ?? ""]));
  });
  return said;
}

function markChanges(form, before) {
  let any = Boolean(form.querySelector(".removed, [data-row].new"));
  form.querySelectorAll("[data-name]").forEach((field) => {
    const was = before.get(field);
    const differs = was !== undefined && was !== JSON.stringify([valueOf(field), missOf(field)?.value ?? ""]);
    field.classList.toggle("changed", differs);
    any ||= differs;
  });
  return any;
}

/** A completed form asks why, once for all changes. */
function reasonPanel(form, any) {
  const panel = form.querySelector("[data-reason-panel]") ?? document.querySelector(`[data-reason-panel][data-for="${form.id}"]`);
  if (!panel) return;
  if (!any && !panel.querySelector(".error, .f-error:not(:empty)")) panel.hidden = true;
  else if (panel.hidden) {
    panel.hidden = false;
    announce(panel.querySelector("h2, legend, label")?.textContent.trim());
  }
}

const CHECKS = { saved: "saved", refused: "refused", out: "signed-out", lost: "lost" };

/** One request of the page to its own address: what became of it, and what was answered. */
async function post(address, body, headers = {}) {
  try {
    const answer = await fetch(address, {
      method: "POST", body, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(15000),
      headers: { "HX-Request": "true", "X-CSRFToken": window.edc.token(), ...headers },
    });
    if (answer.status === 401 || answer.type === "opaqueredirect") return { end: CHECKS.out };
    if (answer.status === 403) return { end: await window.edc.renew() ? CHECKS.lost : CHECKS.out, soon: true };
    if (answer.status === 409) return { end: CHECKS.refused, told: await answer.json() };
    if (!answer.ok) return { end: CHECKS.lost };
    return { end: CHECKS.saved, told: answer.status === 204 ? {} : await answer.json() };
  } catch {
    return { end: CHECKS.lost };
  }
}

/** Everything typed is on the server within a second, and is sent again until it is. */
function drafts(form) {
  const address = form.dataset.draftUrl;
  const bar = () => form.querySelector("[data-bar]") ?? document.querySelector("[data-bar]");
  const line = () => form.querySelector("[data-save-state]") ?? document.querySelector("[data-save-state]");
  const state = { dirty: false, timer: 0, last: "", since: "", tries: 0, leaving: false, sending: null, touched: new Set() };
  const clock = () => new Date().toLocaleTimeString("en-GB");
  const say = (words) => { if (line()) line().textContent = words; };

  const here = () => state.dirty && form.isConnected; // a drawer may have gone, saved
  const content = () => {
    const data = new FormData(form);
    state.touched.forEach((path) => data.append("touched", path));
    return data;
  };
  const later = (wait, anew) => {
    if (anew) clearTimeout(state.timer);
    else if (state.timer) return;
    state.timer = setTimeout(() => send(), wait);
  };
  const failed = (wait) => {
    state.dirty = true;
    state.since ||= state.last || clock();
    bar()?.classList.add("offline");
    say(text("notSaved", state.since.slice(0, 5)));
    later(wait, true);
  };
  const done = (told, quiet) => {
    state.since = "";
    state.tries = 0;
    bar()?.classList.remove("offline");
    if (told.saved) {
      state.last = told.saved;
      say(text("draftSaved", told.saved));
    }
    showTold(form, told.fields ?? {});
    if (!quiet) window.edc.seen();
  };
  const once = async (quiet) => {
    state.dirty = false;
    const { end, told, soon } = await post(address, content(), quiet ? { "HX-Polling": "1" } : {});
    if (end === CHECKS.saved) done(told, quiet);
    else if (end === CHECKS.refused) say(told.refused);
    else if (end === CHECKS.out) {
      failed(600000);
      document.dispatchEvent(new CustomEvent("edc:signed-out"));
    } else failed(soon && !state.tries ? 50 : Math.min(1500 * 2 ** state.tries, 12000));
    state.tries += end === CHECKS.lost ? 1 : 0;
    return end;
  };
  /** Sends what there is; what is typed meanwhile follows. One request at a time, so that the newest is the last. */
  const send = async (quiet = false) => {
    clearTimeout(state.timer);
    state.timer = 0;
    if (!form.isConnected) return CHECKS.saved;
    if (state.sending) await state.sending;
    state.sending = once(quiet);
    const end = await state.sending;
    state.sending = null;
    if (state.dirty && !state.timer && end === CHECKS.saved) later(300);
    return end;
  };

  if (!address) {
    form.addEventListener("input", () => say(text("unsaved")));
    return;
  }
  form.addEventListener("input", () => {
    state.dirty = true;
    if (!state.since) later(700);
  });
  form.addEventListener("change", (event) => {
    const path = event.target.closest("[data-path]")?.dataset.path;
    if (path && !event.target.matches("[data-no-answer]")) state.touched.add(path);
    state.dirty = true;
    if (!state.since) later(150, true);
  });
  const beacon = () => {
    if (here() && !state.leaving) navigator.sendBeacon(address, content());
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) beacon(); });
  window.addEventListener("pagehide", beacon);
  window.addEventListener("online", () => { if (here()) send(); });
  document.addEventListener("edc:session-ending", () => { if (here()) send(true); }); // nobody is at work
  document.addEventListener("edc:signed-in", () => { if (here()) send(); });
  // A save leaves the page, so what is not on the server yet goes there first: a cut line or an ended session loses nothing.
  form.addEventListener("submit", async (event) => {
    // htmx asks without leaving the page: its refusals are told where the form stands.
    if (!state.dirty || form.cleared || form.hasAttribute("hx-post") || event.submitter?.hasAttribute("formaction")) {
      form.cleared = false;
      state.leaving = true;
      clearTimeout(state.timer);
      setTimeout(() => { state.leaving = false; }, 10000);
      return;
    }
    event.preventDefault();
    const button = event.submitter;
    const end = await send();
    if (end === CHECKS.saved || end === CHECKS.refused) {
      form.cleared = true;
      form.requestSubmit(button);
    } else if (end === CHECKS.lost) window.edc.toast(text("offlineSave"), "warning");
  });
  window.addEventListener("beforeunload", (event) => {
    if (!here() || state.leaving) return;
    event.preventDefault();
    event.returnValue = text("leave");
  });
}

// What the limits say of the fields that were left -----------------------------------------------------------------------

const bare = (html) => html.replaceAll(" checked", "").replaceAll(" open", "");

function showTold(form, fields) {
  const news = [];
  Object.entries(fields).forEach(([path, told]) => {
    const field = form.querySelector(`[data-path="${CSS.escape(path)}"]`);
    const said = field?.querySelector("[data-said]");
    if (!said) return;
    if (field.told === undefined) field.told = bare(said.innerHTML);
    if (field.told !== bare(told.html)) {
      said.innerHTML = told.html;
      field.told = bare(told.html);
      said.querySelectorAll(".soft > span, .finding").forEach((item) => news.push(item.textContent.trim()));
      prepare(form, field);
    }
    if (showError(field, said, told.error)) news.push(told.error);
    field.classList.toggle("error", Boolean(told.error || said.querySelector(".finding")));
    field.classList.toggle("soft-open", Boolean(said.querySelector(".soft:not(:has(input:checked))")));
  });
  if (news.length) announce(news.join(" "));
}

/** True when the sentence is new. */
function showError(field, said, sentence) {
  const id = `e-${field.id}`;
  let line = document.getElementById(id);
  if (line?.textContent === sentence || (!line && !sentence)) return false;
  if (!line) {
    line = Object.assign(document.createElement("p"), { id, className: "f-error" });
    said.before(line);
  }
  line.textContent = sentence;
  if (!sentence) line.remove();
  answers(field).forEach((input) => {
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((item) => item && item !== id);
    const described = [...(sentence ? [id] : []), ...others].join(" ");
    if (described) input.setAttribute("aria-describedby", described);
    else input.removeAttribute("aria-describedby");
  });
  return Boolean(sentence);
}

/** A reason was picked: the value is kept with the next save. */
function confirmed(input) {
  const box = input.closest(".soft");
  box.classList.toggle("chosen", input.checked);
  const field = box.closest("[data-path]");
  field?.classList.toggle("soft-open", Boolean(field.querySelector(".soft:not(:has(input:checked))")));
  if (input.checked) announce(text("confirmed", input.value));
}

// Who else is here ------------------------------------------------------------------------------------------------------

function presence(form) {
  const address = form.dataset.presenceUrl;
  const line = form.querySelector("[data-presence]");
  if (!address || !line) return;
  const body = (more = {}) => {
    const data = new FormData();
    Object.entries({ person: form.elements.person?.value ?? "", ...more }).forEach(([name, value]) => data.append(name, value));
    return data;
  };
  const beat = async () => {
    if (document.hidden || !form.isConnected) return;
    const { end, told } = await post(address, body(), { "HX-Polling": "1" });
    if (end === CHECKS.out) document.dispatchEvent(new CustomEvent("edc:signed-out"));
    if (end !== CHECKS.saved || !told) return;
    const newer = told.version > Number(form.elements.version.value) && !form.querySelector("[data-merge]");
    const words = [told.text, newer ? text("newer") : ""].filter(Boolean).join(" ");
    if (words === line.textContent.trim()) return;
    line.textContent = words;
    line.hidden = !words;
  };
  const clock = setInterval(() => { if (form.isConnected) beat(); else clearInterval(clock); }, 15000);
  document.addEventListener("visibilitychange", beat);
  document.addEventListener("edc:signed-in", beat);
  window.addEventListener("pagehide", () => form.isConnected && navigator.sendBeacon(address, body({ left: "1", csrfmiddlewaretoken: window.edc.token() })));
  beat();
}

/** Two saves of one form: the choice between them comes as a dialog over the form; without script it stands above it. */
function merging(form) {
  const dialog = form.querySelector("dialog[data-merge]");
  if (!dialog) return;
  dialog.close();
  dialog.showModal();
  dialog.querySelector("[data-focus]").focus();
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.querySelector("[data-merge-save]").addEventListener("click", (event) => {
    const left = [...dialog.querySelectorAll("[data-clash]")].find((row) => !row.querySelector("input:checked"));
    if (!left) return;
    event.preventDefault();
    left.querySelector("input").focus();
    announce(text("choose"));
    dialog.querySelectorAll("[data-clash]").forEach((row) => row.classList.toggle("open", !row.querySelector("input:checked")));
  });
}

// Start ----------------------------------------------------------------------------------------------------------------

function prepare(form, root) {
  root.querySelectorAll("[data-name]").forEach(missing);
  if (root.matches("[data-name]")) missing(root);
  root.querySelectorAll("fieldset.seg:not(.seg-multi)").forEach(clearable);
}

function start(form) {
  if (form.started) return;
  form.started = true;
  form.noValidate = true;
  prepare(form, form);
  showByCondition(form, false);
  count(form);
  const before = snapshot(form);
  const panel = form.querySelector("[data-reason-panel]");
  if (panel) reasonPanel(form, false);
  const refresh = (speak) => {
    showByCondition(form, speak);
    count(form);
    reasonPanel(form, markChanges(form, before));
  };
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(true), 120);
  });
  form.addEventListener("change", (event) => {
    tidy(event.target, event.target.closest("[data-name]"));
    if (event.target.matches("[data-confirm] input")) confirmed(event.target);
    refresh(true);
  });
  form.addEventListener("keydown", (event) => fieldKeys(event, form));
  document.addEventListener("keydown", (event) => { if (form === formInUse()) formKeys(event, form); });
  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-row]");
    const remove = event.target.closest("[data-remove-row]");
    if (add && addRow(form, add)) event.preventDefault();
    if (remove && remove.closest("[data-row]")) {
      event.preventDefault();
      removeRow(form, remove);
    }
  });
  drafts(form);
  presence(form);
  merging(form);
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-left]")) return;
  event.preventDefault(); // without script the link leads to the top of the form
  const form = formInUse();
  if (form) goTo(left(form)[0]);
});
document.querySelectorAll("form[data-crf]").forEach(start);
document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("form[data-crf]").forEach(start));
