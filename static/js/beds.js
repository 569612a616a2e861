// Beds that were drawn on slides, taken into the boxes of the reading: by a button, or by ?bed=3 coming from the slide.

const { announce, toast, goTo } = window.edc;
const list = document.querySelector("[data-drawn-beds]");
const form = document.querySelector("form[data-reading]");
const say = (key, value) => list.dataset[key].replace("%s", value);
const box = (part, name) => part.querySelector(`[data-name="${name}"] input:not([type=hidden])`);

function put(input, value) {
  if (!input) return;
  input.value = value;
  for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
}

/** The nodule of this number; of a bed without a number the only one, or the first without a length. */
function noduleOf(number) {
  const parts = [...form.querySelectorAll("[data-rows='CP2'] > [data-nodule]:not(.removed)")];
  if (number) return parts.find((part) => box(part, "cpn_no")?.value.trim() === number) ?? (parts.length === 1 && !box(parts[0], "cpn_no")?.value ? parts[0] : null);
  return parts.find((part) => !box(part, "cpn_len")?.value) ?? parts[0];
}

function useBed(bed) {
  const part = noduleOf(bed.dataset.nodule);
  if (!part) {
    toast(say("noNodule", bed.dataset.nodule), "warning");
    return;
  }
  put(box(part, "cpn_len"), bed.dataset.length);
  put(box(part, "cpn_wid"), bed.dataset.width);
  announce(say("used", box(part, "cpn_no")?.value ?? ""));
  goTo(box(part, "cpn_len").closest("[data-name]"));
}

function useArea(bed) {
  const named = (row) => row.querySelector('[data-cell="block"]')?.value.trim().toUpperCase() === bed.dataset.block.toUpperCase();
  const row = [...form.querySelectorAll("[data-block-rows] > tr")].find(named);
  if (!row) {
    toast(say("noBlock", bed.dataset.block), "warning");
    return;
  }
  put(row.querySelector('[data-cell="area_mm2"]'), bed.dataset.area);
  announce(say("area", bed.dataset.block));
  row.querySelector('[data-cell="area_mm2"]').focus();
}

if (list && form) {
  list.addEventListener("click", (event) => {
    const bed = event.target.closest("[data-bed]");
    if (event.target.closest("[data-use-bed]")) useBed(bed);
    if (event.target.closest("[data-use-area]")) useArea(bed);
  });
  const asked = new URLSearchParams(window.location.search).get("bed");
  const bed = asked && /^\d+$/.test(asked) && list.querySelector(`[data-bed="${asked}"]`);
  if (bed) {
    window.history.replaceState(null, "", window.location.pathname); // once: loading the page again changes nothing
    window.addEventListener("load", () => useBed(bed));
  }
}
