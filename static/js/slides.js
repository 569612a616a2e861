// A slide under the microscope: deep zoom, a scale bar, measuring and drawing with the mouse, a pen or the keyboard.
// Points are pixels of the full image; the server measures what is kept. Nothing is stored in the browser.

const { text, announce, toast, typing } = window.edc;
const scope = document.querySelector("[data-scope]");
const view = scope?.querySelector("[data-view]");
const SVG = "http://www.w3.org/2000/svg";
const say = (key, value = "") => (scope.dataset[`t${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace("%s", value);
const lang = window.edc.lang;
const number = (value, places) => new Intl.NumberFormat(lang, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
const STEP = 12; // pixels of the screen for one press of an arrow key
const NICE = [1, 2, 5];

if (scope) start();

async function start() {
  let slide;
  try {
    const answer = await fetch(scope.dataset.descriptor, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    slide = await answer.json();
  } catch {
    toast(text("offline"), "warning");
    return;
  }
  new Microscope(slide);
}

/** OpenSeadragon adds a style sheet unless an element of this name is there; the policy forbids one, and this is none. */
function noStyleSheet() {
  const instead = document.createElementNS("urn:none", "style");
  instead.setAttribute("data-openseadragon-mobile-css", "true");
  document.head.append(instead);
}

// Lengths ----------------------------------------------------------------------------------------------------------

const cross = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);

/** Longest diameter and the extent across it, as the server measures them (docs/adr/0021). */
function diameter(points) {
  let longest = 0;
  let ends = [points[0], points[0]];
  points.forEach((a, at) => points.slice(at + 1).forEach((b) => {
    const length = Math.hypot(a[0] - b[0], a[1] - b[1]);
    if (length > longest) { longest = length; ends = [a, b]; }
  }));
  const across = points.map((point) => cross(ends[0], ends[1], point));
  return [longest, longest ? (Math.max(...across) - Math.min(...across)) / longest : 0];
}

class Microscope {
  constructor(slide) {
    this.slide = slide;
    this.drawings = slide.drawings;
    this.tool = "PAN";
    this.points = [];
    this.cursor = null;
    this.moved = false;
    this.chosen = null;
    this.open();
    this.overlay();
    this.buttons();
    this.keys();
    this.form();
    this.list();
  }

  open() {
    const { slide } = this;
    noStyleSheet();
    this.viewer = window.OpenSeadragon({
      element: view, prefixUrl: "", showNavigationControl: false, showNavigator: true, navigatorPosition: "TOP_RIGHT",
      navigatorSizeRatio: 0.16, drawer: "canvas", animationTime: 0.35, springStiffness: 9, maxZoomPixelRatio: 4, minZoomImageRatio: 0.7,
      visibilityRatio: 0.5, gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false }, gestureSettingsTouch: { dblClickToZoom: false },
      timeout: 30000, immediateRender: true, imageLoaderLimit: 6,
      tileSources: {
        width: slide.width, height: slide.height, tileSize: slide.tile, tileOverlap: slide.overlap, minLevel: Math.min(8, slide.levels - 1), maxLevel: slide.levels - 1,
        getTileUrl: (level, x, y) => `${slide.tiles}${level}/${x}_${y}.jpeg?v=${slide.version}`,
      },
    });
    this.viewer.canvas.tabIndex = -1;
    this.viewer.innerTracker.keyHandler = null;
    this.viewer.innerTracker.keyDownHandler = null;
    this.viewer.addHandler("update-viewport", () => this.draw());
    this.viewer.addHandler("open", () => {
      scope.dataset.opened = "";
      view.focus({ preventScroll: true });
      this.draw();
    });
    let failed = false;
    this.viewer.addHandler("tile-load-failed", () => {
      if (!failed) toast(say("failed"), "warning");
      failed = true;
    });
    this.viewer.addHandler("canvas-press", (event) => this.press(event));
    this.viewer.addHandler("canvas-drag", (event) => this.drag(event));
    this.viewer.addHandler("canvas-release", (event) => this.release(event));
    this.viewer.addHandler("canvas-click", (event) => this.click(event));
    this.viewer.addHandler("canvas-double-click", (event) => { if (this.tool === "POLYGON") { event.preventDefaultAction = true; this.finish(); } });
    view.addEventListener("pointermove", (event) => {
      if (this.tool !== "POLYGON" || !this.points.length || this.finished) return;
      const box = view.getBoundingClientRect();
      this.hover = this.toImage({ x: event.clientX - box.left, y: event.clientY - box.top });
      this.draw();
    });
  }

  // Where things are -------------------------------------------------------------------------------------------------

  toImage(position) {
    const at = this.viewer.viewport.viewerElementToImageCoordinates(new window.OpenSeadragon.Point(position.x, position.y));
    const inside = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * 10) / 10;
    return [inside(at.x, this.slide.width), inside(at.y, this.slide.height)];
  }

  toScreen([x, y]) {
    const at = this.viewer.viewport.imageToViewerElementCoordinates(new window.OpenSeadragon.Point(x, y));
    return [at.x, at.y];
  }

  /** Pixels of the screen for one pixel of the image. */
  get zoom() { return this.viewer.viewport.viewportToImageZoom(this.viewer.viewport.getZoom(true)); }

  // Tools ------------------------------------------------------------------------------------------------------------

  choose(tool) {
    if (!scope.querySelector(`[data-tool="${tool}"]`)) return;
    this.tool = tool;
    this.drop();
    scope.dataset.mode = tool === "PAN" ? "" : tool;
    for (const button of scope.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    this.viewer.panHorizontal = this.viewer.panVertical = tool === "PAN";
    scope.querySelector("[data-hint]").textContent = tool === "PAN" ? "" : say(tool === "POLYGON" ? "outline" : "drag");
    this.cursor = null;
    this.draw();
  }

  drop() {
    this.points = [];
    this.hover = null;
    this.finished = false;
    this.moved = false;
    const form = document.querySelector("[data-form]");
    if (form) form.hidden = true;
    scope.querySelector("[data-measured]").textContent = "";
    this.draw();
  }

  press(event) {
    if (this.tool === "PAN" || this.tool === "POLYGON") return;
    this.drop();
    this.points = [this.toImage(event.position)];
  }

  drag(event) {
    if (this.tool === "PAN") return;
    event.preventDefaultAction = true;
    if (this.tool === "POLYGON" || !this.points.length) return;
    this.points = [this.points[0], this.toImage(event.position)];
    this.measured();
    this.draw();
  }

  release() {
    if (this.tool === "PAN" || this.tool === "POLYGON") return;
    if (this.points.length === 2) this.finish();
    else this.points = [];
  }

  click(event) {
    if (this.tool !== "POLYGON" || !event.quick) return;
    event.preventDefaultAction = true;
    if (this.finished) this.drop();
    this.corner(this.toImage(event.position));
    this.moved = false;
  }

  corner(point) {
    const last = this.points.at(-1);
    if (last && last[0] === point[0] && last[1] === point[1]) return;
    this.points.push(point);
    announce(say("corner", this.points.length));
    this.measured();
    this.draw();
  }

  finish() {
    if (this.tool === "POLYGON" && this.points.length < 3) {
      announce(say("corners"));
      return;
    }
    this.finished = true;
    this.hover = null;
    this.measured();
    this.draw();
    const form = document.querySelector("[data-form]");
    if (!form || !("may" in scope.dataset)) return;
    form.hidden = false;
    form.querySelector("#meaning").value = this.tool === "LINE" ? "OTHER" : "BED";
    form.querySelector("#meaning").focus();
  }

  // Measuring --------------------------------------------------------------------------------------------------------

  measured() {
    const scale = this.slide.scale;
    const unit = scale ? 1 / 1000 : 1;
    const placed = this.points.map(([x, y]) => (scale ? [x * scale[0] * unit, y * scale[1] * unit] : [x, y]));
    const out = scope.querySelector("[data-measured]");
    if (placed.length < 2) { out.textContent = ""; return; }
    let sizes = [Math.hypot(placed[0][0] - placed[1][0], placed[0][1] - placed[1][1])];
    if (this.tool === "POLYGON" && placed.length > 2) sizes = diameter(placed);
    else if (this.tool !== "LINE" && this.tool !== "POLYGON") sizes = [0, 1].map((axis) => Math.abs(placed[0][axis] - placed[1][axis])).sort((a, b) => b - a);
    if (!scale) out.textContent = `${sizes.map((size) => number(size, 0)).join(" × ")} ${say("px")}`;
    else if (sizes[0] < 0.1) out.textContent = `${sizes.map((size) => number(size * 1000, 1)).join(" × ")} µm`;
    else out.textContent = `${sizes.map((size) => number(size, sizes[0] < 1 ? 3 : 2)).join(" × ")} mm`;
  }

  ruler() {
    const bar = scope.querySelector("[data-scale-bar]");
    const shown = scope.querySelector("[data-magnification]");
    const scale = this.slide.scale;
    if (!scale) {
      shown.textContent = `${number(this.zoom * 100, 0)} %`;
      return;
    }
    const micron = this.zoom / scale[0]; // pixels of the screen
    const longest = 150 / micron;
    const ten = 10 ** Math.floor(Math.log10(longest));
    const length = Math.max(...NICE.map((one) => one * ten).filter((one) => one <= longest));
    bar.hidden = false;
    bar.firstElementChild.style.width = `${Math.round(length * micron)}px`;
    bar.lastElementChild.textContent = length >= 1000 ? `${number(length / 1000, 0)} mm` : `${number(length, length < 1 ? 2 : 0)} µm`;
    const times = 10 * micron;
    shown.textContent = `${number(times, times < 1 ? 2 : times < 10 ? 1 : 0)} ×`;
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  overlay() {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "ink");
    this.svg.setAttribute("aria-hidden", "true");
    view.append(this.svg);
  }

  draw() {
    if (!this.viewer?.world.getItemCount() || !this.svg) return;
    this.ruler();
    this.svg.replaceChildren();
    for (const one of this.drawings) this.shape(one.shape, one.points, `kept m-${one.meaning}${one.number === this.chosen ? " chosen" : ""}`, String(one.number));
    const points = this.hover && !this.finished ? [...this.points, this.hover] : this.points;
    if (points.length > 1) this.shape(this.tool, points, "fresh");
    for (const point of this.tool === "POLYGON" ? this.points : this.points.slice(0, 1)) this.dot(this.toScreen(point));
    if (this.cursor) this.crosshair(this.cursor);
  }

  put(name, attributes, classes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (classes) made.setAttribute("class", classes);
    this.svg.append(made);
    return made;
  }

  shape(kind, points, classes, label = "") {
    const at = points.map((point) => this.toScreen(point));
    const [a, b] = at;
    const left = Math.min(a[0], b[0]);
    const top = Math.min(a[1], b[1]);
    const wide = Math.abs(a[0] - b[0]);
    const high = Math.abs(a[1] - b[1]);
    if (kind === "LINE") this.put("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, classes);
    else if (kind === "RECTANGLE") this.put("rect", { x: left, y: top, width: wide, height: high }, classes);
    else if (kind === "ELLIPSE") this.put("ellipse", { cx: left + wide / 2, cy: top + high / 2, rx: wide / 2, ry: high / 2 }, classes);
    else this.put("polygon", { points: at.map((point) => point.join(",")).join(" ") }, classes);
    if (label) this.put("text", { x: at[0][0] + 5, y: at[0][1] - 5 }, classes).textContent = label;
  }

  dot([x, y]) { this.put("circle", { cx: x, cy: y, r: 3.5 }, "dot"); }

  crosshair([x, y]) {
    this.put("path", { d: `M${x - 14} ${y}h28M${x} ${y - 14}v28` }, "cross");
  }

  // Controls ---------------------------------------------------------------------------------------------------------

  zoomBy(factor) {
    this.viewer.viewport.zoomBy(factor);
    this.viewer.viewport.applyConstraints();
  }

  buttons() {
    scope.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.tool) { this.choose(button.dataset.tool); view.focus({ preventScroll: true }); }
      if (button.dataset.zoom === "in") this.zoomBy(1.6);
      if (button.dataset.zoom === "out") this.zoomBy(1 / 1.6);
      if (button.dataset.zoom === "home") this.viewer.viewport.goHome();
    });
  }

  keys() {
    const letters = { m: "LINE", r: "RECTANGLE", e: "ELLIPSE", o: "POLYGON" };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
      const here = scope.contains(event.target);
      const free = event.target === document.body || event.target.id === "main";
      if (!here && (!free || document.documentElement.dataset.keys === "off")) return;
      if (event.target.closest("button") && (event.key === "Enter" || event.key === " ")) return;
      const key = event.key.toLowerCase();
      if (letters[key]) this.choose(letters[key]);
      else if (key === "escape") this.choose("PAN");
      else if (key === "+" || key === "=") this.zoomBy(1.6);
      else if (key === "-") this.zoomBy(1 / 1.6);
      else if (key === "0") this.viewer.viewport.goHome();
      else if (key.startsWith("arrow")) this.arrow(key.slice(5), event.shiftKey);
      else if (key === "enter") this.enter();
      else if (key === "backspace" && this.tool === "POLYGON" && !this.finished) { this.points.pop(); this.draw(); }
      else if (key === "s" && document.querySelector("[data-seen]")) document.querySelector("[data-seen]").click();
      else if (key === "[" || key === "]") document.querySelector(`a[data-key="${key}"]`)?.click();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
  }

  arrow(way, far) {
    const step = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[way];
    const size = { x: view.clientWidth, y: view.clientHeight };
    if (this.tool === "PAN") {
      const part = far ? 0.5 : 0.12;
      const by = this.viewer.viewport.deltaPointsFromPixels(new window.OpenSeadragon.Point(step[0] * size.x * part, step[1] * size.y * part));
      this.viewer.viewport.panBy(by);
      this.viewer.viewport.applyConstraints();
      return;
    }
    const from = this.cursor ?? [size.x / 2, size.y / 2];
    const by = far ? STEP * 5 : STEP;
    this.cursor = [Math.min(Math.max(from[0] + step[0] * by, 0), size.x), Math.min(Math.max(from[1] + step[1] * by, 0), size.y)];
    this.moved = true;
    if (this.points.length && !this.finished) {
      const at = this.toImage({ x: this.cursor[0], y: this.cursor[1] });
      if (this.tool === "POLYGON") this.hover = at;
      else this.points = [this.points[0], at];
      this.measured();
    }
    this.draw();
  }

  /** Enter sets a point at the cross; pressed again without moving it closes an outline. */
  enter() {
    if (this.tool === "PAN") return;
    if (this.finished) this.drop();
    if (this.tool === "POLYGON" && this.points.length > 2 && !this.moved) { this.finish(); return; }
    this.cursor ??= [view.clientWidth / 2, view.clientHeight / 2];
    const at = this.toImage({ x: this.cursor[0], y: this.cursor[1] });
    this.moved = false;
    if (this.tool === "POLYGON") { this.corner(at); return; }
    if (!this.points.length) {
      this.points = [at];
      announce(say("corner", 1));
      this.draw();
    } else if (this.points.length === 2) this.finish();
  }

  // Keeping ----------------------------------------------------------------------------------------------------------

  form() {
    const form = document.querySelector("[data-keep]");
    if (!form) return;
    form.addEventListener("submit", (event) => { event.preventDefault(); this.keep(form); });
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") { this.drop(); view.focus({ preventScroll: true }); } });
    form.querySelector("[data-drop]").addEventListener("click", () => { this.drop(); view.focus({ preventScroll: true }); });
  }

  async keep(form) {
    const problem = form.querySelector("[data-problem]");
    const body = new FormData(form);
    body.set("shape", this.tool);
    body.set("points", JSON.stringify(this.points));
    body.set("version", this.slide.version);
    problem.hidden = true;
    const answer = await this.send(scope.dataset.add, body);
    if (!answer) return;
    if (answer.refused) {
      problem.textContent = answer.refused;
      problem.hidden = false;
      return;
    }
    form.querySelector("#note").value = "";
    this.drop();
    this.show(answer);
    announce(say("kept"));
    view.focus({ preventScroll: true });
  }

  async send(url, body) {
    try {
      const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": window.edc.token() } });
      if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) throw new Error("signed out");
      return await answer.json();
    } catch {
      toast(say("unsent"), "warning");
      return null;
    }
  }

  show(answer) {
    this.drawings = answer.drawings;
    document.querySelector("[data-drawings]").innerHTML = answer.html;
    this.draw();
  }

  list() {
    const list = document.querySelector("[data-drawings]");
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-show]");
      if (button) this.showOne(Number(button.dataset.show));
    });
    list.addEventListener("focusin", (event) => {
      this.chosen = Number(event.target.closest("[data-drawing]")?.dataset.drawing ?? 0);
      this.draw();
    });
    list.addEventListener("submit", async (event) => {
      if (!event.target.matches("[data-remove]")) return;
      event.preventDefault();
      const answer = await this.send(event.target.action, new FormData(event.target));
      if (answer?.refused) toast(answer.refused, "error");
      else if (answer) { this.show(answer); announce(say("removed")); view.focus({ preventScroll: true }); }
    });
  }

  showOne(wanted) {
    const one = this.drawings.find((drawing) => drawing.number === wanted);
    if (!one) return;
    this.chosen = wanted;
    const across = one.points.map((point) => point[0]);
    const down = one.points.map((point) => point[1]);
    const wide = Math.max(Math.max(...across) - Math.min(...across), 50);
    const high = Math.max(Math.max(...down) - Math.min(...down), 50);
    const box = this.viewer.viewport.imageToViewportRectangle(Math.min(...across) - wide * 0.2, Math.min(...down) - high * 0.2, wide * 1.4, high * 1.4);
    this.viewer.viewport.fitBoundsWithConstraints(box);
    this.draw();
  }
}
