"use strict";
// Plays the forward pass and then the backward pass, one node a step.
const nodes = JSON.parse(document.getElementById("data").textContent).nodes;
const byId = (id) => document.getElementById(id);
const boxes = new Map([...document.querySelectorAll("[data-node]")].map((g) => [+g.dataset.node, g]));
const labels = [...document.querySelectorAll("[data-from]")];
const backward = nodes.map((_, i) => i).filter((i) => nodes[i].back >= 0)
  .sort((a, b) => nodes[a].back - nodes[b].back);
const steps = nodes.length + backward.length;
let step = steps; // how many steps are done

function describe(i) {
  const n = nodes[i];
  return [`${n.label} = ${n.text}`, `${n.shape} ${n.dtype}, ${n.op} ${n.module} ${n.where}`,
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

function show() {
  const known = Math.min(step, nodes.length);
  const done = new Set(backward.slice(0, Math.max(0, step - nodes.length)));
  const now = step === 0 ? -1 : step <= nodes.length ? step - 1 : backward[step - nodes.length - 1];
  for (const [i, box] of boxes) {
    box.classList.toggle("unknown", i >= known);
    box.classList.toggle("open", !done.has(i));
    box.classList.toggle("now", step < steps && i === now);
  }
  for (const label of labels) label.classList.toggle("silent", !done.has(+label.dataset.from));
  byId("at").textContent = step <= nodes.length ? `forward ${step} of ${nodes.length}`
    : `backward ${step - nodes.length} of ${backward.length}`;
  byId("told").textContent = now < 0 ? "nothing is known yet"
    : step <= nodes.length ? forward(now) : back(now);
}

function go(to) {
  step = Math.max(0, Math.min(steps, to));
  show();
}

function search() {
  const words = byId("search").value.toLowerCase();
  let first = null, count = 0;
  nodes.forEach((n, i) => {
    const hit = words !== "" && `${n.label}\n${n.op}\n${n.text}`.toLowerCase().includes(words);
    if (hit) count += 1;
    const box = boxes.get(i);
    if (box) box.classList.toggle("match", hit);
    if (box && hit && !first) first = box;
  });
  byId("found").textContent = words ? `${count} found` : "";
  if (first) first.scrollIntoView({ block: "center", inline: "center" });
}

byId("first").onclick = () => go(0);
byId("before").onclick = () => go(step - 1);
byId("after").onclick = () => go(step === steps ? 0 : step + 1);
byId("last").onclick = () => go(steps);
byId("search").oninput = search;
byId("theme").onclick = () => {
  const dark = document.body.classList.contains("dark") ||
    (!document.body.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
  for (const one of [document.body, document.querySelector(".graph")]) {
    one.classList.toggle("dark", !dark);
    one.classList.toggle("light", dark);
  }
};
for (const [i, box] of boxes) if (nodes[i] && nodes[i].tree) box.classList.add("tree");
for (const [i, box] of boxes) if (nodes[i]) box.onclick = () => { byId("told").textContent = describe(i); };
addEventListener("keydown", (event) => {
  if (event.target.tagName === "INPUT" || nodes.length === 0) return;
  const keys = { ArrowRight: "after", ArrowLeft: "before", Home: "first", End: "last" };
  if (keys[event.key]) { event.preventDefault(); byId(keys[event.key]).click(); }
});
if (nodes.length === 0) for (const id of ["first", "before", "after", "last"]) byId(id).disabled = true;
