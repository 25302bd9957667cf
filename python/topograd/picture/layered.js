// One group's boxes in layers: what layered.py does, in the same order, with the same numbers.
const GAP_BETWEEN_LAYERS = 62, GAP_AT_BORDER = 12, GAP_IN_LAYER = 18, GAP_AT_BEND = 9;
const SWEEPS = 10, BEND_WEIGHT = 4;

// The boxes and lines of one group. A vertex is a box, a port on the border, or a bend.
class Local {
  keys = []; lengths = []; breadths = []; vertexOf = new Map(); nested = new Set();
  ports = new Map(); sides = new Map(); offsets = new Map();
  pieces = []; known = new Map();
  layer = []; layers = []; cross = []; starts = []; ends = []; chains = new Map();
  entries = new Map(); places = new Map();
  length = 0; breadth = 0; lead = 0; trail = 0;

  add(item, length, breadth) {
    this.keys.push(item);
    this.lengths.push(length);
    this.breadths.push(breadth);
    if (item >= 0) this.vertexOf.set(item, this.keys.length - 1);
    return this.keys.length - 1;
  }

  resize(item, length, breadth) {
    this.lengths[this.vertexOf.get(item)] = length;
    this.breadths[this.vertexOf.get(item)] = breadth;
  }

  // The port of that direction and source, as -2 - vertex.
  port(side, source) {
    const key = `${side} ${source}`;
    if (!this.ports.has(key)) {
      const vertex = this.add(-1, 0, 0);
      this.ports.set(key, vertex);
      this.sides.set(vertex, side);
    }
    return -2 - this.ports.get(key);
  }

  // A line from box or port a to b, through ports of nested groups; the piece's number.
  connect(a, b, leaving, entering) {
    const first = a >= 0 ? this.vertexOf.get(a) : -2 - a;
    const last = b >= 0 ? this.vertexOf.get(b) : -2 - b;
    const key = `${first} ${last} ${leaving} ${entering}`;
    if ((b < 0 || entering !== null) && this.known.has(key)) return this.known.get(key);
    this.known.set(key, this.pieces.length);
    this.pieces.push([first, last, leaving, entering]);
    return this.pieces.length - 1;
  }

  portOffsets() {
    return [...this.ports.values()].map((v) => [-2 - v, this.cross[v] - this.breadth / 2]);
  }

  // Main and cross start, length and breadth.
  box(item) {
    const v = this.vertexOf.get(item);
    return [this.starts[this.layer[v]], this.cross[v] - this.breadths[v] / 2, this.lengths[v],
      this.breadths[v]];
  }

  shift(vertex, port) {
    return port === null ? 0 : this.offsets.get(`${this.keys[vertex]} ${port}`) ?? 0;
  }

  // The line: along layers straight, between them in a curve.
  points(piece) {
    const [a, b, leaving] = this.pieces[piece];
    const where = this.cross[a] + this.shift(a, leaving);
    const found = [[this.starts[this.layer[a]] + this.lengths[a], where]];
    if (this.sides.has(a)) found[0] = [-this.lead, where];
    if (this.ends[this.layer[a]] > found[0][0]) found.push([this.ends[this.layer[a]], where]);
    for (const bend of this.chains.get(`${a} ${leaving}`)) {
      const at = this.layer[bend];
      if (at >= this.layer[b]) break;
      found.push([this.starts[at], this.cross[bend]], [this.ends[at], this.cross[bend]]);
    }
    if (this.sides.get(b) === "out") {
      found.push([this.length, this.cross[b]], [this.length + this.trail, this.cross[b]]);
    } else {
      found.push([this.starts[this.layer[b]], this.entries.get(piece)]);
    }
    return found;
  }
}

// Finds layer and place of everything in a group whose nested groups have their sizes.
function arrange(local) {
  findLayers(local);
  const segments = bend(local);
  order(local, segments);
  place(local, segments);
  enter(local);
}

function findLayers(local) {
  const count = local.keys.length;
  const followers = local.keys.map(() => []);
  const openInputs = new Array(count).fill(0);
  for (const [a, b] of local.pieces) { followers[a].push(b); openInputs[b] += 1; }
  const entered = [...local.sides.values()].includes("in") ? 1 : 0;
  const layer = local.keys.map((_, v) => (local.sides.get(v) === "in" ? 0 : entered));
  local.layer = layer;
  const fed = openInputs.map((n) => n > 0);
  const ready = [...layer.keys()].filter((v) => openInputs[v] === 0);
  for (let at = 0; at < ready.length; at++) {
    for (const b of followers[ready[at]]) {
      layer[b] = Math.max(layer[b], layer[ready[at]] + 1);
      openInputs[b] -= 1;
      if (openInputs[b] === 0) ready.push(b);
    }
  }
  let inner = 0, any = false;
  for (let v = 0; v < count; v++) {
    if (!fed[v] && followers[v].length && !local.sides.has(v)) {
      layer[v] = followers[v].reduce((least, b) => Math.min(least, layer[b]), Infinity) - 1;
    }
  }
  for (let v = 0; v < count; v++) {
    if (!local.sides.has(v)) { inner = any ? Math.max(inner, layer[v]) : layer[v]; any = true; }
  }
  for (const [v, side] of local.sides) if (side === "out") layer[v] = inner + 1;
}

// Adds the bends. The lines from layer to layer: [from, to, shift at from, shift at to].
function bend(local) {
  const furthest = new Map();
  for (const [a, b, leaving] of local.pieces) {
    const key = `${a} ${leaving}`;
    const last = furthest.has(key) ? furthest.get(key)[2] : 0;
    furthest.set(key, [a, leaving, Math.max(last, local.layer[b])]);
  }
  const segments = [];
  for (const [key, [a, leaving, last]] of furthest) {
    const chain = [];
    let before = a, shift = local.shift(a, leaving);
    for (let layer = local.layer[a] + 1; layer < last; layer++) {
      const one = local.add(-1, 0, 0);
      local.layer.push(layer);
      segments.push([before, one, shift, 0]);
      chain.push(one);
      before = one;
      shift = 0;
    }
    local.chains.set(key, chain);
  }
  for (const [a, b, leaving, entering] of local.pieces) {
    const steps = local.layer[b] - local.layer[a] - 1;
    const chain = local.chains.get(`${a} ${leaving}`);
    const before = steps > 0 && steps <= chain.length ? chain[steps - 1] : a;
    const shift = before === a ? local.shift(a, leaving) : 0;
    segments.push([before, b, shift, local.shift(b, entering)]);
  }
  const most = local.layer.reduce((a, b) => Math.max(a, b), -1);
  local.layers = Array.from({ length: most + 1 }, () => []);
  local.layer.forEach((layer, v) => local.layers[layer].push(v));
  return segments;
}

// Orders each layer: sweeps by the mean place of the neighbours; the best sweep is kept.
function order(local, segments) {
  const above = local.keys.map(() => []), below = local.keys.map(() => []);
  for (const [a, b] of segments) { above[b].push(a); below[a].push(b); }
  const at = new Array(local.keys.length).fill(0);
  for (const row of local.layers) row.forEach((v, i) => { at[v] = i; });
  let best = local.layers.map((row) => [...row]);
  let fewest = crossings(local.layers, below, at);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? local.layers : [...local.layers].reverse()) {
      const wanted = new Map(row.map((v) => {
        const near = down ? above[v] : below[v];
        return [v, near.length ? near.reduce((sum, u) => sum + at[u], 0) / near.length : at[v]];
      }));
      row.sort((a, b) => wanted.get(a) - wanted.get(b));
      row.forEach((v, i) => { at[v] = i; });
    }
    const now = crossings(local.layers, below, at);
    if (now < fewest) { fewest = now; best = local.layers.map((row) => [...row]); }
  }
  local.layers = best;
}

// How many pairs of lines between neighbouring layers cross, by a tree of counts.
function crossings(layers, below, place) {
  let total = 0;
  for (let i = 0; i + 1 < layers.length; i++) {
    const counts = new Array(layers[i + 1].length + 1).fill(0);
    let seen = 0;
    for (const v of layers[i]) {
      for (const end of below[v].map((u) => place[u]).sort((a, b) => a - b)) {
        total += seen;
        seen += 1;
        for (let at = end + 1; at > 0; at -= at & -at) total -= counts[at];
        for (let at = end + 1; at < counts.length; at += at & -at) counts[at] += 1;
      }
    }
  }
  return total;
}

// Finds the cross place of everything and the extent of every layer.
function place(local, segments) {
  local.cross = new Array(local.keys.length).fill(0);
  const near = local.keys.map(() => []), far = local.keys.map(() => []);
  for (const [a, b, from, to] of segments) {
    near[b].push([a, from - to]);
    far[a].push([b, to - from]);
  }
  for (const row of local.layers) fit(local, row, row.map(() => 0));
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? local.layers : [...local.layers].reverse()) {
      fit(local, row, row.map((v) => {
        let pulls = down ? near[v] : far[v];
        if (!pulls.length && sweep) pulls = down ? far[v] : near[v];
        const sum = pulls.reduce((all, [u, shift]) => all + (local.cross[u] + shift), 0);
        return pulls.length ? sum / pulls.length : local.cross[v];
      }));
    }
  }
  let low = Infinity, high = -Infinity;
  local.cross.forEach((one, v) => {
    low = Math.min(low, one - local.breadths[v] / 2);
    high = Math.max(high, one + local.breadths[v] / 2);
  });
  if (!local.cross.length) low = high = 0;
  local.cross = local.cross.map((one) => one - low);
  local.breadth = high - low;
  let at = 0;
  for (const row of local.layers) {
    if (row.some((v) => local.sides.get(v) === "out")) at += GAP_AT_BORDER - GAP_BETWEEN_LAYERS;
    local.starts.push(at);
    at += row.reduce((most, v) => Math.max(most, local.lengths[v]), row.length ? -Infinity : 0);
    local.ends.push(at);
    at += GAP_BETWEEN_LAYERS;
  }
  local.length = local.ends.length ? local.ends[local.ends.length - 1] : 0;
}

// Places a layer as near as its boxes allow to where they want to be, in their order.
function fit(local, row, wanted) {
  const blocks = []; // sum of weight · place, weight, count
  const offsets = [];
  let offset = 0;
  row.forEach((v, i) => {
    if (i) {
      const u = row[i - 1];
      const gap = local.keys[u] < 0 || local.keys[v] < 0 ? GAP_AT_BEND : GAP_IN_LAYER;
      offset += (local.breadths[u] + local.breadths[v]) / 2 + gap;
    }
    offsets.push(offset);
    const weight = local.keys[v] < 0 ? BEND_WEIGHT : 1;
    blocks.push([(wanted[i] - offset) * weight, weight, 1]);
    for (;;) {
      const last = blocks[blocks.length - 1], before = blocks[blocks.length - 2];
      if (!before || !(before[0] * last[1] > last[0] * before[1])) break;
      blocks.pop();
      for (let k = 0; k < 3; k++) before[k] += last[k];
    }
  });
  let i = 0;
  for (const [total, weight, count] of blocks) {
    for (let k = 0; k < count; k++, i++) local.cross[row[i]] = total / weight + offsets[i];
  }
}

// Spreads the lines that enter a box over its side, in the order in which they come.
function enter(local) {
  const arriving = new Map();
  local.pieces.forEach(([a, b, leaving, entering], piece) => {
    if (entering !== null || local.sides.has(b)) {
      local.entries.set(piece, local.cross[b] + local.shift(b, entering));
      return;
    }
    const chain = local.chains.get(`${a} ${leaving}`).filter((v) => local.layer[v] < local.layer[b]);
    const comes = chain.length ? local.cross[chain[chain.length - 1]]
      : local.cross[a] + local.shift(a, leaving);
    if (!arriving.has(b)) arriving.set(b, []);
    arriving.get(b).push([comes, piece]);
  });
  for (const [b, lines] of arriving) {
    lines.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    lines.forEach(([, piece], i) => {
      const share = (i + 1) / (lines.length + 1) - 0.5;
      local.entries.set(piece, local.cross[b] + share * local.breadths[b]);
      local.places.set(piece, i);
    });
  }
}
