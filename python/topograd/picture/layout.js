// Where everything goes when some groups are open: what layout.py does.
const MARGIN = 14, HEADER = 26, WIDEST = 1900;

// Items are numbered: nodes from 0, then groups. data.boxes[item] has the size of each.
function laidOut(opened) {
  const columns = laidOutAlong(opened, true);
  return columns.width <= WIDEST ? columns : laidOutAlong(opened, false);
}

function laidOutAlong(opened, right) {
  const count = data.parents.length;
  const parentOf = (item) => {
    const group = item < count ? data.parents[item] : data.groups[item - count].parent;
    return group >= 0 ? count + group : -1;
  };
  const depth = depths(opened);
  const groups = new Map();
  for (const number of [...depth.keys()].sort((a, b) => a - b)) groups.set(count + number, new Local());
  for (const [item, local] of groups) {
    for (const member of data.groups[item - count].members) {
      const inner = member >= 0 ? member : count - member;
      const { width, height } = data.boxes[inner];
      local.add(inner, right ? width : height, right ? height : width);
      if (groups.has(inner)) local.nested.add(inner);
    }
  }
  const around = { parentOf, depth, groups, count, right };
  const links = linksSeen(around);
  const routes = links.map((link) => route(link, around));
  const inwards = [...groups.keys()].sort((a, b) => depth.get(a - count) - depth.get(b - count) || a - b);
  const outwards = [...groups.keys()].sort((a, b) => depth.get(b - count) - depth.get(a - count) || a - b);
  for (const item of outwards) arrangeGroup(item, around);
  return absolute(inwards, links, routes, around);
}

// How deep each group lies that is seen unfolded: it is open, and so are those around it.
function depths(opened) {
  const found = new Map([[0, 0]]);
  const waiting = [0];
  while (waiting.length) {
    const number = waiting.pop();
    for (const member of data.groups[number].members) {
      if (member < 0 && opened.has(-member)) {
        found.set(-member, found.get(number) + 1);
        waiting.push(-member);
      }
    }
  }
  return found;
}

// The box that stands for each node: the outermost folded group around it, or the node.
function standIns({ parentOf, groups, count }) {
  const ofGroup = data.groups.map(() => undefined);
  const groupSeen = (number) => {
    const chain = [];
    let at = number;
    while (at >= 0 && ofGroup[at] === undefined) { chain.push(at); at = data.groups[at].parent; }
    for (const one of chain.reverse()) {
      const parent = data.groups[one].parent;
      const outer = parent >= 0 ? ofGroup[parent] : -1;
      ofGroup[one] = outer >= 0 ? outer : groups.has(count + one) ? -1 : count + one;
    }
    return ofGroup[number];
  };
  return data.parents.map((group, i) => {
    const seen = groupSeen(group);
    return seen >= 0 ? seen : i;
  });
}

// The edges as seen: between boxes, those between the same two folded groups as one.
function linksSeen(around) {
  const { count } = around;
  const seen = standIns(around);
  const merged = new Map();
  data.edges.forEach(([source, target, slot], number) => {
    const a = seen[source], b = seen[target];
    if (a === b) return;
    const key = `${a} ${b} ${a < count && b < count ? slot : -1}`;
    if (!merged.has(key)) merged.set(key, { source: a, target: b, edges: [], points: [], entry: 0 });
    merged.get(key).edges.push(number);
  });
  return [...merged.values()];
}

// Adds the pieces of a line to the groups that it runs through: [group, piece] in order.
function route(link, { parentOf, depth, groups, count }) {
  let out = link.source, into = link.target;
  const before = [], after = [];
  let leaving = null, entering = null; // ports; null for a node or a folded group
  while (parentOf(out) !== parentOf(into)) {
    if (depth.get(parentOf(out) - count) >= depth.get(parentOf(into) - count)) {
      const local = groups.get(parentOf(out));
      const port = local.port("out", link.source);
      before.push([parentOf(out), local.connect(out, port, leaving, null)]);
      leaving = port;
      out = parentOf(out);
    } else {
      const local = groups.get(parentOf(into));
      const port = local.port("in", link.source);
      after.push([parentOf(into), local.connect(port, into, null, entering)]);
      entering = port;
      into = parentOf(into);
    }
  }
  const middle = [parentOf(out), groups.get(parentOf(out)).connect(out, into, leaving, entering)];
  return [...before, middle, ...after.reverse()];
}

// Lays out one group, whose inner groups are done.
function arrangeGroup(item, { groups, count, right }) {
  const local = groups.get(item);
  if (item > count) { local.lead = right ? MARGIN : HEADER; local.trail = MARGIN; }
  for (const inner of [...local.nested].sort((a, b) => a - b)) {
    const done = groups.get(inner);
    const extra = right ? [2 * MARGIN, HEADER + MARGIN] : [HEADER + MARGIN, 2 * MARGIN];
    local.resize(inner, done.length + extra[0], done.breadth + extra[1]);
    // From the middle of the frame to the middle of what is in it.
    const shift = right ? (HEADER - MARGIN) / 2 : 0;
    for (const [port, cross] of done.portOffsets()) local.offsets.set(`${inner} ${port}`, cross + shift);
  }
  arrange(local);
}

// From places within groups to places in the picture.
function absolute(inwards, links, routes, { groups, depth, count, right }) {
  const origin = new Map(), boxes = new Map(), frames = [];
  for (const item of inwards) {
    const local = groups.get(item);
    let start = [MARGIN, MARGIN];
    if (depth.get(item - count) > 0) {
      frames.push(item);
      const [left, top] = boxes.get(item);
      start = [left + MARGIN, top + HEADER];
    }
    origin.set(item, start);
    for (const inner of local.vertexOf.keys()) {
      const [main, cross, length, breadth] = local.box(inner);
      boxes.set(inner, right ? [start[0] + main, start[1] + cross, length, breadth]
        : [start[0] + cross, start[1] + main, breadth, length]);
    }
  }
  links.forEach((link, i) => {
    for (const [group, piece] of routes[i]) {
      const [x, y] = origin.get(group);
      for (const [main, cross] of groups.get(group).points(piece)) {
        link.points.push(right ? [x + main, y + cross] : [x + cross, y + main]);
      }
    }
    const [group, piece] = routes[i][routes[i].length - 1];
    link.entry = groups.get(group).places.get(piece) ?? 0;
  });
  const root = groups.get(count);
  const [wide, high] = right ? [root.length, root.breadth] : [root.breadth, root.length];
  return { right, boxes, frames, links, width: wide + 2 * MARGIN, height: high + 2 * MARGIN };
}
