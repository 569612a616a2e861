// Figures: the server's SVG is on the page at once; the interactive one takes its place when it comes into view.
//   <div class="chart" data-spec-url="/endpoints/figures/pfs.json"><svg>…</svg></div>
// A page with figures also loads vega.min.js, vega-lite.min.js and vega-embed.min.js before this file.
// `ast` and the interpreter that vega-embed brings along keep to the content security policy: no eval, no style sheets.
// A click on what belongs to a participant leads to the trace, in the same window.

const options = {
  ast: true,
  actions: false,
  renderer: "svg",
  defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
  loader: { target: "_self" },
  logLevel: 1, // errors
  config: { font: getComputedStyle(document.body).fontFamily },
};

async function draw(box) {
  const place = document.createElement("div");
  try {
    const answer = await fetch(box.dataset.specUrl, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) return;
    const specification = await answer.json();
    place.className = "chart-live";
    place.hidden = true;
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", box.dataset.name ?? box.querySelector("svg")?.getAttribute("aria-label") ?? "");
    box.append(place);
    await window.vegaEmbed(place, specification, options);
    place.querySelector("svg")?.setAttribute("aria-hidden", "true"); // the place has the name
    [...box.children].filter((child) => child !== place).forEach((child) => child.remove());
    place.hidden = false;
  } catch (problem) {
    place.remove(); // the server's figure stays
    console.warn("figure", box.dataset.specUrl, problem);
  }
}

if (window.vegaEmbed) {
  const seen = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
    seen.unobserve(entry.target);
    draw(entry.target);
  }), { rootMargin: "200px" });
  const watch = (root) => root.querySelectorAll("[data-spec-url]").forEach((box) => seen.observe(box));
  watch(document);
  document.addEventListener("edc:fragment", (event) => watch(event.detail));
}
