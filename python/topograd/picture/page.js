// Plays the forward pass and then the backward pass, folds and unfolds, searches, pans and zooms.
const byId = (id) => document.getElementById(id);
const nodes = data.nodes;
const opened = new Set(data.open);
const main = document.querySelector("main"), stage = byId("stage");
const STYLE = stage.querySelector("style").textContent;
const MOST_BOXES = 12000; // drawn at once
const backward = nodes.map((_, i) => i).filter((i) => nodes[i].back >= 0)
  .sort((a, b) => nodes[a].back - nodes[b].back);
const steps = nodes.length + backward.length;
let step = steps; // how many steps are done
let boxes, folded, labels; // what is drawn: elements of nodes, of groups, at edges
let theme = "";

// ---------------------------------------------------------------- the picture

function adopt() {
  const all = (what) => [...stage.querySelectorAll(`[data-${what}]`)];
  boxes = new Map(all("node").map((one) => [+one.dataset.node, one]));
  folded = new Map(all("group").map((one) => [+one.dataset.group, one]));
  labels = all("from");
  for (const [i, box] of boxes) if (nodes[i]) {
    box.onclick = () => { if (!dragged) byId("told").textContent = describe(i); };
    box.classList.toggle("tree", nodes[i].tree !== "");
  }
  for (const [number, one] of folded) {
    one.setAttribute("tabindex", "0");
    one.setAttribute("role", "button");
    one.setAttribute("aria-expanded", String(opened.has(number)));
    one.onclick = () => { if (!dragged) toggle(number); };
    one.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle(number);
      folded.get(number)?.focus();
    };
  }
  if (theme) stage.firstElementChild.classList.add(theme);
  mark();
  matches();
}

function redraw() {
  stage.innerHTML = drawing(opened);
  adopt();
}

function seenCount(open) {
  let count = 0;
  for (const number of depths(open).keys()) {
    for (const member of data.groups[number].members) if (!(member < 0 && open.has(-member))) count++;
  }
  return count;
}

// Opens or folds a group; the place that was clicked stays where it is.
function toggle(number) {
  if (opened.has(number)) {
    opened.delete(number);
  } else {
    opened.add(number);
    if (seenCount(opened) > MOST_BOXES) {
      opened.delete(number);
      byId("found").textContent = `not more than ${MOST_BOXES} boxes are drawn at once`;
      return;
    }
  }
  const before = folded.get(number)?.getBoundingClientRect();
  redraw();
  const after = folded.get(number)?.getBoundingClientRect();
  if (before && after) pan(before.left - after.left, before.top - after.top);
}

// Opens level by level, while there is room.
function openAll() {
  let level = [0];
  while (level.length) {
    const inner = level.flatMap((n) => data.groups[n].members.filter((m) => m < 0).map((m) => -m));
    const more = new Set([...opened, ...inner]);
    if (seenCount(more) > MOST_BOXES) {
      byId("found").textContent = `not more than ${MOST_BOXES} boxes are drawn at once`;
      break;
    }
    inner.forEach((number) => opened.add(number));
    level = inner;
  }
  redraw();
  fitPage();
}

function foldAll() {
  opened.clear();
  opened.add(0);
  redraw();
  fitPage();
}

// The group that stands for a node that is not drawn itself.
function standIn(i) {
  let at = data.parents[i], found = -1;
  while (at > 0) { if (!opened.has(at)) found = at; at = data.groups[at].parent; }
  return found;
}

function reveal(i) {
  let hidden = false;
  for (let at = data.parents[i]; at > 0; at = data.groups[at].parent) {
    hidden ||= !opened.has(at);
    opened.add(at);
  }
  if (hidden) redraw();
  center(boxes.get(i));
}

// ---------------------------------------------------------------- pan and zoom

let scale = 1, left = 0, upper = 0, dragged = false;

function settle() { stage.style.transform = `translate(${left}px, ${upper}px) scale(${scale})`; }

function pan(x, y) { left += x; upper += y; settle(); }

function zoom(factor, x, y) {
  const to = Math.max(0.02, Math.min(8, scale * factor));
  left = x - (x - left) * (to / scale);
  upper = y - (y - upper) * (to / scale);
  scale = to;
  settle();
}

// Shows the whole picture, though no smaller than `least`.
function fitPage(least = 0.02) {
  const picture = stage.firstElementChild;
  const wide = +picture.getAttribute("width"), high = +picture.getAttribute("height");
  scale = Math.max(least, Math.min(1, main.clientWidth / wide, main.clientHeight / high));
  left = Math.max(0, (main.clientWidth - wide * scale) / 2);
  upper = 0;
  settle();
}

function center(one) {
  if (!one) return;
  const box = one.getBoundingClientRect(), view = main.getBoundingClientRect();
  pan((view.left + view.right - box.left - box.right) / 2, (view.top + view.bottom - box.top - box.bottom) / 2);
}

main.addEventListener("wheel", (event) => {
  event.preventDefault();
  const view = main.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX - view.left, event.clientY - view.top);
}, { passive: false });
main.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  const from = [event.clientX, event.clientY];
  let at = from;
  dragged = false;
  const move = (one) => {
    dragged ||= Math.hypot(one.clientX - from[0], one.clientY - from[1]) > 4;
    if (dragged) pan(one.clientX - at[0], one.clientY - at[1]);
    at = [one.clientX, one.clientY];
  };
  const stop = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", stop);
    removeEventListener("pointercancel", stop);
    // The click that ends a drag comes after this.
    setTimeout(() => { dragged = false; });
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", stop);
  addEventListener("pointercancel", stop);
});
