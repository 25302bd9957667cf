// The two passes step by step, details of a node, and search.

function describe(i) {
  const n = nodes[i];
  return [`${n.label} = ${n.text || n.op}`, `${n.shape} ${n.dtype}, ${n.op} ${n.module} ${n.where}`,
    `value ${n.value}`, n.grad && `gradient ${n.grad}`, n.tree].filter(Boolean).join("\n");
}

function forward(i) {
  const n = nodes[i];
  return n.kind === "op" ? `forward: ${n.label} = ${n.text}\n  = ${n.value}`
    : `forward: ${n.label} is given (${n.kind})\n  = ${n.value}`;
}

function back(i) {
  const n = nodes[i];
  const lines = n.sends.map((s) => {
    const local = s.local ? `${s.local}   (${s.rule})` : s.rule;
    return `  to ${nodes[s.to].label}: local derivative ${local}\n` +
      `    upstream × local = ${s.sent}; contribution ${s.nth}, sum so far ${s.sum || s.sent}`;
  });
  return [`backward: ${n.label} has gradient ${n.grad}`, ...lines, n.tree].filter(Boolean).join("\n");
}

// Which node the last step was at; -1 before the first.
function current() {
  return step === 0 ? -1 : step <= nodes.length ? step - 1 : backward[step - nodes.length - 1];
}

// Shows on the picture how far the passes are.
function mark() {
  if (!nodes.length) return;
  const known = Math.min(step, nodes.length);
  const done = new Set(backward.slice(0, Math.max(0, step - nodes.length)));
  const now = step < steps ? current() : -1;
  for (const [i, box] of boxes) {
    box.classList.toggle("unknown", i >= known);
    box.classList.toggle("open", !done.has(i));
    box.classList.toggle("now", i === now);
  }
  const group = now < 0 ? -1 : standIn(now);
  for (const [number, box] of folded) box.classList.toggle("now", number === group);
  for (const label of labels) label.classList.toggle("silent", !done.has(+label.dataset.from));
}

function show() {
  mark();
  const now = current();
  byId("at").textContent = step <= nodes.length ? `forward ${step} of ${nodes.length}`
    : `backward ${step - nodes.length} of ${backward.length}`;
  byId("told").textContent = now < 0 ? "nothing is known yet"
    : step <= nodes.length ? forward(now) : back(now);
  const box = boxes.get(now) ?? folded.get(now < 0 ? -1 : standIn(now));
  if (box && outside(box)) center(box);
}

function outside(box) {
  const one = box.getBoundingClientRect(), view = main.getBoundingClientRect();
  return one.right < view.left || one.left > view.right || one.bottom < view.top || one.top > view.bottom;
}

function go(to) {
  step = Math.max(0, Math.min(steps, to));
  show();
}

let hits = [], hit = -1; // what the search has found, and which of it is shown

function search() {
  const words = byId("search").value.toLowerCase();
  hits = [];
  if (words) {
    for (let i = 0; i < data.parents.length; i++) {
      const n = nodes[i];
      const text = n ? `${n.label}\n${n.op}\n${n.text}\n${n.module}` : data.boxes[i].lines[0];
      if (text.toLowerCase().includes(words)) hits.push(i);
    }
  }
  hit = -1;
  if (hits.length) next(1); else matches();
  byId("found").textContent = words ? `${hits.length} found` : "";
}

// Goes to the next found node, or the one before; the groups around it open.
function next(by) {
  if (!hits.length) return;
  hit = (hit + by + hits.length) % hits.length;
  reveal(hits[hit]);
  matches();
  byId("found").textContent = `${hit + 1} of ${hits.length} found`;
}

function matches() {
  const found = new Set(hits);
  for (const [i, box] of boxes) box.classList.toggle("match", found.has(i));
  const around = new Set(hits.map(standIn));
  for (const [number, box] of folded) {
    box.classList.toggle("match", !opened.has(number) && around.has(number));
  }
}

// ---------------------------------------------------------------- buttons and keys

byId("first").onclick = () => go(0);
byId("before").onclick = () => go(step - 1);
byId("after").onclick = () => go(step === steps ? 0 : step + 1);
byId("last").onclick = () => go(steps);
byId("open").onclick = openAll;
byId("fold").onclick = foldAll;
byId("fit").onclick = () => fitPage();
byId("in").onclick = () => zoom(1.25, main.clientWidth / 2, main.clientHeight / 2);
byId("out").onclick = () => zoom(0.8, main.clientWidth / 2, main.clientHeight / 2);
byId("search").oninput = search;
byId("search").onkeydown = (event) => { if (event.key === "Enter") next(event.shiftKey ? -1 : 1); };
byId("theme").onclick = () => {
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  theme = dark ? "light" : "dark";
  for (const one of [document.body, stage.firstElementChild]) {
    one.classList.toggle("dark", !dark);
    one.classList.toggle("light", dark);
  }
};
addEventListener("keydown", (event) => {
  if (event.target.tagName === "INPUT" || nodes.length === 0) return;
  const keys = { ArrowRight: "after", ArrowLeft: "before", Home: "first", End: "last" };
  if (keys[event.key]) { event.preventDefault(); byId(keys[event.key]).click(); }
});
if (nodes.length === 0) for (const id of ["first", "before", "after", "last"]) byId(id).disabled = true;
if (data.groups.length === 1) for (const id of ["open", "fold"]) byId(id).disabled = true;
adopt();
fitPage(0.55);
