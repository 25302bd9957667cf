// The picture as text of SVG: what svg.py writes, for any set of open groups.
const LINE = 15, PADDING = 9;

const safe = (text) => text.replace(/[\u0000-\u001f\ufffe\uffff]/g, "·").replace(/&/g, "&amp;")
  .replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/'/g, "&#x27;");
const num = (value) => String(Math.floor(value * 10 + 0.5) / 10);

function drawing(opened) {
  const layout = laidOut(opened);
  const width = Math.max(layout.width, 640), top = 10 + 18 * data.heads.length;
  const height = layout.height + top + 26;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${num(width)} ${num(height)}" ` +
      `width="${num(width)}" height="${num(height)}" role="img" class="graph">`,
    `<title>${safe(data.heads[0])}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" ' +
      'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" class="tip"/></marker></defs>',
    `<rect width="${num(width)}" height="${num(height)}" class="paper"/>`,
  ];
  data.heads.forEach((note, i) => parts.push(
    `<text x="14" y="${num(20 + 18 * i)}" class="${i ? "note" : "heading"}">${safe(note)}</text>`));
  parts.push(`<g transform="translate(0 ${num(top)})">`);
  for (const item of layout.frames) parts.push(frame(layout, item));
  for (const link of layout.links) parts.push(line(layout, link));
  const frames = new Set(layout.frames);
  for (const item of [...layout.boxes.keys()].sort((a, b) => a - b)) {
    if (!frames.has(item)) parts.push(drawn(layout.boxes.get(item), item));
  }
  parts.push("</g>");
  parts.push(`<text x="14" y="${num(height - 10)}" class="legend">${data.legend}</text></svg>`);
  return parts.join("\n") + "\n";
}

function frame(layout, item) {
  const [x, y, wide, high] = layout.boxes.get(item);
  const group = item - data.parents.length;
  return `<g data-group="${group}" class="unfolded"><rect x="${num(x)}" y="${num(y)}" ` +
    `width="${num(wide)}" height="${num(high)}" rx="8" class="frame"/><text x="${num(x + 10)}" ` +
    `y="${num(y + 17)}" class="label">${safe(`⊟ ${data.groups[group].label}`)}</text></g>`;
}

function line(layout, link) {
  const [x, y] = link.points[link.points.length - 1];
  const edges = link.edges.map((i) => data.edges[i]);
  const text = edges.length === 1 ? edges[0][3] : `×${edges.length}`;
  const path = `<path d="${pathOf(link.points, layout.right)}" class="edge" marker-end="url(#tip)"/>`;
  if (!text || text.length > 16) return path;
  const place = layout.right ? `x="${num(x - 9)}" y="${num(y - 5)}" text-anchor="end"`
    : `x="${num(x + 5)}" y="${num(y - 9 - 12 * (link.entry % 3))}"`;
  const from = edges.length === 1 ? ` data-from="${edges[0][1]}"` : "";
  return `${path}<text ${place} class="back"${from}>${safe(text)}</text>`;
}

// A smooth line: straight where it stays in place, else a curve that starts and ends along.
function pathOf(points, right) {
  let [x, y] = points[0];
  const said = [`M${num(x)} ${num(y)}`];
  for (const [x1, y1] of points.slice(1)) {
    if (right ? y1 === y : x1 === x) {
      said.push(`L${num(x1)} ${num(y1)}`);
    } else if (right) {
      const middle = num((x + x1) / 2);
      said.push(`C${middle} ${num(y)} ${middle} ${num(y1)} ${num(x1)} ${num(y1)}`);
    } else {
      const middle = num((y + y1) / 2);
      said.push(`C${num(x)} ${middle} ${num(x1)} ${middle} ${num(x1)} ${num(y1)}`);
    }
    [x, y] = [x1, y1];
  }
  return said.join("");
}

function outline(kind, x, y, wide, high, name = "shape") {
  if (kind === "parameter") {
    const c = 10, r = x + wide, b = y + high;
    const corners = [[x + c, y], [r - c, y], [r, y + c], [r, b - c], [r - c, b], [x + c, b],
      [x, b - c], [x, y + c]];
    return `<path d="M${corners.map(([a, d]) => `${num(a)} ${num(d)}`).join(" ")}z" class="${name}"/>`;
  }
  const round = kind === "input" ? Math.min(high / 2, 22) : kind === "op" ? 5 : 0;
  return `<rect x="${num(x)}" y="${num(y)}" width="${num(wide)}" height="${num(high)}" ` +
    `rx="${num(round)}" class="${name}"/>`;
}

function drawn([x, y, wide, high], item) {
  const count = data.parents.length, isNode = item < count, box = data.boxes[item];
  const kind = isNode ? box.kind : "group";
  const about = isNode ? `data-node="${item}"` : `data-group="${item - count}"`;
  const parts = [`<g class="box ${kind}${box.output ? " output" : ""}" ${about}>`];
  if (!isNode) parts.push(outline("group", x + 4, y + 4, wide, high));
  parts.push(outline(kind, x, y, wide, high));
  if (box.output) parts.push(outline(kind, x + 3, y + 3, wide - 6, high - 6, "inner"));
  if (box.order) {
    parts.push(`<text x="${num(x + PADDING)}" y="${num(y + 13)}" class="n">→ ${box.order}</text>`);
  }
  if (box.back) {
    parts.push(`<text x="${num(x + wide - PADDING)}" y="${num(y + 13)}" class="n" ` +
      `text-anchor="end">${box.back} ←</text>`);
  }
  box.lines.forEach((text, i) => {
    const style = isNode ? ["title", "shape-text", "value", "grad"][i] : i ? "" : "title";
    parts.push(`<text x="${num(x + wide / 2)}" y="${num(y + 29 + LINE * i)}" class="${style}" ` +
      `text-anchor="middle">${safe(text)}</text>`);
  });
  if (isNode && nodes[item]) parts.push(`<title>${safe(hover(nodes[item]))}</title>`);
  return parts.join("") + "</g>";
}

function hover(n) {
  const shown = [n.op, n.text, n.module, n.where.slice(n.where.lastIndexOf("/") + 1)];
  for (const [what, cell] of [["value", n.value], ["gradient", n.grad]]) {
    if (cell) shown.push(`${what}${cell.startsWith("mean ") ? ":" : ""} ${cell}`);
  }
  return shown.filter(Boolean).join("\n");
}
