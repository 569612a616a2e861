// The page of a central reading: form[data-reading]. form.js keeps the draft and the fields; here are the sums and bars of
// the nodules, the blocks and their means, the slides, what is left before the signature, and the signature itself.
// The server computes all of it as well.

const { announce, toast, typing, goTo } = window.edc;
const form = document.querySelector("form[data-reading]"); // the script is loaded where there is one
const say = (key, value) => (form.dataset[key] ?? "").replace("%s", value ?? "");
const all = (selector, root = form) => [...root.querySelectorAll(selector)];
const SHARES = ["viable", "necrosis", "stroma"];
const NAMES = ["cpn_rvt", "cpn_nec", "cpn_str"];
const SVG = "http://www.w3.org/2000/svg";

// Numbers: exact, in hundredths, so that page and server never differ -----------------------------------------------------

/** A typed number times 10^places as a BigInt; null when it is none. */
function exact(typed, places) {
  const bare = (typed ?? "").normalize("NFKC").trim().replace("−", "-").replace(/\s|%|mm²/g, "").replace(/^([^.]*),([^,.]*)$/, "$1.$2");
  const found = /^(\d*)\.?(\d*)$/.exec(bare);
  if (!bare || !found || (!found[1] && !found[2]) || found[2].replace(/0+$/, "").length > places) return null;
  return BigInt((found[1] || "0") + found[2].slice(0, places).padEnd(places, "0"));
}

const shown = (hundredths) => {
  const whole = hundredths / 100n;
  const part = String(hundredths % 100n).padStart(2, "0").replace(/0+$/, "");
  return part ? `${whole}.${part}` : String(whole);
};
const half = (top, bottom) => (2n * top + bottom) / (2n * bottom);
const big = (value) => (value < 0n ? -value : value);

// Nodules ----------------------------------------------------------------------------------------------------------------

const nodules = () => all("[data-rows='CP2'] > [data-nodule]:not(.removed)");
const boxOf = (nodule, name) => nodule.querySelector(`[data-name="${name}"] input:not([type=hidden])`);
const numberOf = (nodule) => Number(boxOf(nodule, "cpn_no")?.value || 0);
const sharesOf = (nodule) => NAMES.map((name) => exact(boxOf(nodule, name)?.value, 2));
const isFull = (shares) => shares.every((share) => share !== null) && big(shares[0] + shares[1] + shares[2] - 10000n) <= 5n;

function node(name, attributes, content = "") {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.textContent = content;
  return made;
}

/** The composition as a bar that is read without colour too: numbers, names, hatches. */
function draw(nodule, shares) {
  const bar = nodule.querySelector("svg.stack");
  const values = shares.map((share) => Number(share ?? 0n) / 100);
  const words = values.map((value) => String(value));
  bar.setAttribute("aria-label", say("spoken").replace("%(viable)s", words[0]).replace("%(necrosis)s", words[1]).replace("%(stroma)s", words[2]).replaceAll("%%", "%"));
  bar.replaceChildren(hatches(nodule.dataset.row));
  let left = 0;
  values.forEach((value, n) => {
    const width = Math.min(value, 100 - left);
    if (width <= 0) return;
    const place = { x: `${left}%`, width: `${width}%`, height: "100%" };
    bar.append(node("rect", { ...place, class: `p${n + 1}` }));
    if (n) bar.append(node("rect", { ...place, fill: `url(#hatch-${n + 1}-${nodule.dataset.row})` }));
    const label = width >= 18 ? `${form.dataset[SHARES[n]]} ${value}` : width >= 4 ? String(value) : "";
    if (label) {
      const middle = left + width / 2;
      const size = [...label].reduce((sum, letter) => sum + (letter > "\u2e80" ? 1.05 : 0.6), 1) * 0.72;
      if (n) bar.append(node("svg", { x: `${middle}%`, y: "50%", overflow: "visible" }));
      if (n) bar.lastChild.append(node("rect", { class: "plate", x: `${-size / 2}rem`, y: "-.5rem", width: `${size}rem`, height: "1rem", rx: "2" }));
      bar.append(node("text", { class: `t${n + 1}`, x: `${middle}%`, y: "50%" }, label));
    }
    left += width;
  });
}

function hatches(key) {
  const defs = node("defs", {});
  const lines = node("pattern", { id: `hatch-2-${key}`, width: "6", height: "6", patternUnits: "userSpaceOnUse" });
  lines.append(node("path", { class: "h2", d: "M0 6 6 0" }));
  const dots = node("pattern", { id: `hatch-3-${key}`, width: "6", height: "6", patternUnits: "userSpaceOnUse" });
  dots.append(node("circle", { class: "h3", cx: "3", cy: "3", r: ".9" }));
  defs.append(lines, dots);
  return defs;
}

function glyph(name, colour) {
  const from = document.querySelector("[data-tick] .is-done use").getAttribute("href");
  const svg = node("svg", { class: `i ${colour}`, "aria-hidden": "true" });
  svg.append(node("use", { href: from.replace(/#.*/, `#i-${name}`) }));
  return svg;
}

function total(nodule, shares) {
  const sum = shares.reduce((whole, share) => whole + (share ?? 0n), 0n);
  const box = nodule.querySelector("[data-total]");
  const words = nodule.querySelector("[data-sum-words]");
  const full = isFull(shares);
  nodule.querySelector("[data-sum]").textContent = `${shown(sum)}%`;
  box.classList.toggle("off", !full);
  const said = full ? say("sums") : sum < 10000n ? say("missing", shown(10000n - sum)) : sum > 10000n ? say("over", shown(sum - 10000n)) : say("of");
  if (words.textContent.trim() !== said) words.replaceChildren(...(full ? [glyph("comp", "c-comp"), ` ${said}`] : [said]));
}

function nodule(part) {
  const shares = sharesOf(part);
  total(part, shares);
  draw(part, shares);
  const asks = part.querySelector("[data-zero]");
  const zero = shares[0] === 0n;
  if (zero && asks.hidden) announce(asks.textContent.trim());
  asks.hidden = !zero;
  if (!zero) asks.querySelector("input").checked = false;
}

/** A new nodule gets the next number. */
function number(part) {
  const box = boxOf(part, "cpn_no");
  if (!box || box.value) return;
  box.value = String(Math.max(0, ...nodules().filter((other) => other !== part).map(numberOf)) + 1);
}

function beds() {
  const line = form.querySelector("[data-beds]");
  const sizes = nodules().map((part) => ["cpn_len", "cpn_wid", "cpn_hgt"].map((name) => boxOf(part, name)?.value.trim()).filter(Boolean)).filter((sides) => sides.length > 1);
  line.hidden = !sizes.length;
  line.querySelector("[data-beds-of]").textContent = sizes.map((sides) => `${sides.join(" × ")} mm`).join(", ");
}

// Blocks -----------------------------------------------------------------------------------------------------------------

const table = form.querySelector("[data-blocks]");
const blockRows = () => all("[data-block-rows] > tr", table);
const cell = (row, name) => row.querySelector(`[data-cell="${name}"]`);

function addBlock() {
  const rows = table.querySelector("[data-block-rows]");
  let key = 1;
  while (rows.querySelector(`[data-block="n${key}"]`)) key += 1;
  const holder = document.createElement("template");
  holder.innerHTML = table.querySelector("[data-block-template]").innerHTML.replaceAll("__key__", `n${key}`);
  const row = holder.content.firstElementChild;
  const near = document.activeElement?.closest("[data-nodule]") ?? form.lastNodule;
  const last = blockRows().at(-1);
  cell(row, "nodule").value = String((near?.isConnected && numberOf(near)) || (last && cell(last, "nodule").value) || numberOf(nodules()[0] ?? form) || 1);
  rows.append(row);
  table.querySelector("[data-empty]")?.removeAttribute("data-empty");
  announce(say("blockAdded"));
  refresh();
  cell(row, "block").focus();
}

function removeBlock(button) {
  const row = button.closest("tr");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  announce(say("blockRemoved"));
  form.dispatchEvent(new Event("input", { bubbles: true }));
  refresh();
  (next ? cell(next, "block") : table.querySelector("[data-add-block]")).focus();
}

/** Blocks that can be read, by nodule: area in tenths of mm², shares in hundredths of a percent. */
function byNodule() {
  const found = new Map();
  blockRows().forEach((row) => {
    const area = exact(cell(row, "area_mm2").value, 1);
    const shares = SHARES.map((name) => exact(cell(row, name).value, 2));
    const whole = shares.every((share) => share !== null);
    row.classList.toggle("off-sum", whole && big(shares[0] + shares[1] + shares[2] - 10000n) > 5n);
    const nodule = Number(cell(row, "nodule").value);
    if (!area || !whole || !nodule) return;
    const sums = found.get(nodule) ?? { area: 0n, shares: [0n, 0n, 0n] };
    sums.area += area;
    shares.forEach((share, n) => { sums.shares[n] += area * share; });
    found.set(nodule, sums);
  });
  return found;
}

/** As `pathology.posted.whole_of`: two places, together 100; the viable share never becomes a whole number by rounding. */
function means({ area, shares }) {
  const made = shares.map((share) => half(share, area));
  if (made[0] % 100n === 0n && made[0] * area !== shares[0]) made[0] += shares[0] > made[0] * area ? 1n : -1n;
  const left = 10000n - made[0] - made[1] - made[2];
  if (big(left) <= 10n) made[made[1] >= made[2] ? 1 : 2] += left;
  return made;
}

function meansShown() {
  const foot = table.querySelector("[data-means]");
  const found = byNodule();
  all("tr", foot).forEach((row) => { if (!found.has(Number(row.dataset.mean))) row.remove(); });
  [...found.entries()].sort(([one], [two]) => one - two).forEach(([nodule, sums]) => {
    let row = foot.querySelector(`[data-mean="${nodule}"]`);
    if (!row) {
      row = table.querySelector("[data-mean-template]").content.firstElementChild.cloneNode(true);
      row.dataset.mean = String(nodule);
      row.querySelector(".col-nodule").textContent = String(nodule);
      const button = row.querySelector("[data-fill]");
      button.value = `fill:${nodule}`;
      button.dataset.fill = String(nodule);
      button.querySelector("[data-of=nodule]").textContent = String(nodule);
    }
    foot.append(row);
    const area = Number(sums.area) / 10;
    const values = means(sums);
    row.querySelector("[data-of=area_mm2]").textContent = area.toLocaleString("en-GB", { maximumFractionDigits: 1 });
    SHARES.forEach((name, n) => {
      const said = shown(values[n]);
      row.querySelector(`[data-of="${name}"]`).textContent = said.includes(".") ? said : `${said}.0`;
    });
  });
  const places = new Set([...nodules().map(numberOf), ...blockRows().map((row) => Number(cell(row, "nodule").value))].filter(Boolean));
  table.querySelector("table").classList.toggle("one-nodule", places.size <= 1);
}

function fill(button) {
  const wanted = Number(button.dataset.fill);
  const target = nodules().find((part) => numberOf(part) === wanted);
  const sums = byNodule().get(wanted);
  if (!target || !sums) {
    toast(say("noNodule"), "warning");
    return;
  }
  means(sums).forEach((value, n) => {
    const box = boxOf(target, NAMES[n]);
    box.value = shown(value);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.dispatchEvent(new Event("change", { bubbles: true }));
  });
  announce(say("filled"));
  boxOf(target, NAMES[0]).focus();
}

// Slides -----------------------------------------------------------------------------------------------------------------

const slides = () => all("[data-slide]");
const mark = (slide) => slide.querySelector("input:checked")?.value ?? "";

/** Numbers of slides follow the marks until somebody types another number. */
function follow(box, count) {
  if (!box || !count) return;
  if (box.value !== "" && box.value !== box.dataset.followed) return;
  if (box.value === String(count)) return;
  box.value = box.dataset.followed = String(count);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function counted() {
  const seen = slides().filter((slide) => mark(slide) === "SEEN");
  form.querySelector("[data-marked]").textContent = String(slides().filter(mark).length);
  if (!seen.length) return;
  follow(form.querySelector('[name="cp_slides"]'), seen.length);
  follow(form.querySelector('[name="cp_slides_bed"]'), seen.filter((slide) => "bed" in slide.dataset).length);
  const only = nodules().length === 1;
  nodules().forEach((part) => {
    const own = seen.filter((slide) => (slide.dataset.noduleOf ? Number(slide.dataset.noduleOf) === numberOf(part) : only && "bed" in slide.dataset));
    follow(boxOf(part, "cpn_nslides"), own.length);
  });
}

function allSeen() {
  slides().filter((slide) => !mark(slide)).forEach((slide) => { slide.querySelector("input[value=SEEN]").checked = true; });
  slides()[0]?.querySelector("input").dispatchEvent(new Event("change", { bubbles: true }));
  form.dispatchEvent(new Event("input", { bubbles: true }));
  refresh();
}

// What is left before the signature -----------------------------------------------------------------------------------------

const inadequate = () => form.querySelector('[name="cp_adeq"]:checked')?.value === "INADEQUATE";

function ticks() {
  const done = {
    sum: inadequate() || (nodules().length > 0 && nodules().every((part) => isFull(sharesOf(part)))),
    slides: slides().every(mark),
    confidence: Boolean(form.querySelector('[name="confidence"]:checked')),
    blind: form.querySelector('[name="cp_blind"]:checked')?.value === "Y",
  };
  all("[data-tick]").forEach((line) => {
    line.classList.toggle("done", done[line.dataset.tick]);
    line.hidden = line.dataset.tick === "sum" && inadequate();
  });
}

/** The first thing that keeps the reading from being signed: where it is, and in words. */
function open() {
  const line = (key) => form.querySelector(`[data-tick="${key}"]:not(.done):not([hidden])`);
  const places = {
    sum: () => nodules().find((part) => !isFull(sharesOf(part)))?.querySelector(".big"),
    slides: () => slides().find((slide) => !mark(slide)),
    confidence: () => form.querySelector("#f-confidence"),
  };
  if (!inadequate()) {
    const unsaid = nodules().find((part) => !part.querySelector("[data-zero]").hidden && !part.querySelector("[data-zero] input").checked);
    if (unsaid) return [unsaid.querySelector("[data-zero]"), say("zeroOpen")];
  }
  for (const [key, place] of Object.entries(places)) {
    if (line(key) && place()) return [place(), line(key).querySelector("span").textContent];
  }
  const unanswered = all("[data-required].missing").find((field) => !field.closest("[hidden]"));
  return unanswered ? [unanswered, unanswered.querySelector(".f-label, .q")?.textContent.trim() || say("requiredOpen")] : null;
}

// The signature: a dialog over the page ---------------------------------------------------------------------------------------

const box = form.querySelector("[data-sign-box]");
const dialog = document.createElement("dialog");
dialog.className = "dlg sign-dlg";
dialog.setAttribute("aria-labelledby", "t-sign");
document.body.append(dialog);
dialog.append(box);
const now = box.querySelector("[data-sign-now]");
const close = box.querySelector("[data-sign-close]");
close.hidden = false;
let leaving = false;

function sign() {
  const left = open();
  if (left) {
    toast(say("notReady", left[1]), "warning");
    announce(say("notReady", left[1]));
    goTo(left[0]);
    return;
  }
  dialog.showModal();
  (all("input", box).find((input) => !input.value) ?? now).focus();
}

close.addEventListener("click", () => dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target.tagName === "BUTTON") return;
  event.preventDefault();
  form.requestSubmit(now);
});
// Before the others that listen: the button of the page opens the dialog; the one in it sends first what stands on the
// page, so that a line that is cut is noticed while everything is still here.
document.addEventListener("submit", (event) => {
  if (event.target !== form || !event.submitter) return;
  if (event.submitter.matches("[data-sign-open]")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    sign();
  } else if (event.submitter === now && !form.cleared) {
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }
}, true);
form.addEventListener("submit", (event) => { leaving = !event.defaultPrevented; });
// What proves who signs goes with the signature only, never with a draft.
form.addEventListener("formdata", (event) => {
  if (!leaving) ["username", "password", "code"].forEach((name) => event.formData.delete(name));
});
document.addEventListener("edc:signed-out", () => { if (dialog.open) dialog.close(); });

// Keys and clicks -------------------------------------------------------------------------------------------------------------

form.addEventListener("click", (event) => {
  const target = event.target;
  const act = (selector, does) => {
    const button = target.closest(selector);
    if (!button) return;
    event.preventDefault();
    does(button);
  };
  act("[data-add-block]", addBlock);
  act("[data-remove-block]", removeBlock);
  act("[data-fill]", fill);
  act("[data-all-seen]", allSeen);
  if (target.closest("[data-add-row], [data-remove-row]")) setTimeout(refresh);
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.documentElement.dataset.keys === "off" || document.querySelector("dialog[open]") || inadequate()) return;
  // In a box for numbers no letter can be meant.
  if (typing(event.target) && !event.target.matches('input[inputmode="decimal"], input[inputmode="numeric"]')) return;
  const key = event.key.toLowerCase();
  if (key !== "b" && key !== "n") return;
  event.preventDefault();
  if (key === "b") addBlock();
  else form.querySelector("[data-add-row='CP2']").click();
});

form.addEventListener("focusin", (event) => { form.lastNodule = event.target.closest("[data-nodule]") ?? form.lastNodule; });
form.addEventListener("change", (event) => {
  const slide = event.target.closest("[data-slide]");
  if (slide && event.target.value === "UNREADABLE") {
    const select = form.querySelector("#recut-slide");
    if (select) select.value = slide.dataset.slide;
    form.querySelector("#recut")?.setAttribute("open", "");
  }
});

function refresh() {
  nodules().forEach((part) => {
    number(part);
    nodule(part);
  });
  meansShown();
  counted();
  beds();
  ticks();
}
form.addEventListener("input", (event) => { if (event.target !== form || event.isTrusted) refresh(); });
form.addEventListener("change", () => setTimeout(ticks, 0));
refresh();
document.querySelector("[data-left]").hidden = false;
if (document.querySelector("[data-signing]")) sign();
else if (!document.querySelector(".err[role=alert]") && !location.hash) nodules()[0]?.querySelector(".pct input")?.focus({ preventScroll: true });
