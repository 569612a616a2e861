// The time slider of a form as it was: the words of a moment while the slider moves, the page of it when it rests.
// The stops and their words stand in the page; without script the button beside the slider goes there.

const form = document.querySelector("[data-as-was]");
const slider = form?.querySelector("input[type=range]");
const words = form?.querySelector("output");
const stops = slider?.list ? [...slider.list.options] : [];

function stop() {
  return stops[Number(slider.value) - 1];
}

function tell() {
  const label = stop()?.label ?? "";
  words.textContent = label;
  slider.setAttribute("aria-valuetext", `${slider.value} / ${slider.max}: ${label}`);
}

function go() {
  const href = stop()?.dataset.href;
  if (href) window.location.assign(href);
}

if (slider && stops.length) {
  slider.setAttribute("aria-valuetext", `${slider.value} / ${slider.max}: ${words.textContent}`);
  slider.addEventListener("input", tell);
  // Arrow keys fire a change for every step: the page is asked for when they rest, or when the slider is left.
  let rest = 0;
  slider.addEventListener("change", () => {
    clearTimeout(rest);
    rest = setTimeout(go, 400);
  });
}
