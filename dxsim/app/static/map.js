// The map of a nation: shapes, colours, legend, and which municipality lies under a point.

import { TYPE } from "./pen.js";
import { difference, monthInWords, number, percent, spoken, t, written } from "./words.js";

const MARGIN = 6;
const GROUPS = 8; // colours
const BINS = {
  live: { bounds: [1e-9, 0.5, 0.9, 0.99999], names: ["0 %", "1–49", "50–89", "90–99", "100 %"] },
  late: { bounds: [0.5, 4.5, 9.5, 14.5], names: ["0", "1–4", "5–9", "10–14", "15–20"] },
  cost: { bounds: [4000, 8000, 16000, 32000], names: ["<4,000", "4,000–", "8,000–", "16,000–", "≥32,000"] },
  overload: { bounds: [0.8, 1, 1.2, 1.6], names: ["<0.8", "0.8–1", "1–1.2", "1.2–1.6", "≥1.6"] },
  exposed: { bounds: [1e-9, 100, 500, 1000], names: ["0", "<100", "100–500", "500–1,000", "≥1,000"] },
  excluded: { bounds: [0.008, 0.016, 0.03, 0.06], names: ["<0.8 %", "0.8–1.6", "1.6–3", "3–6", "≥6 %"] },
};
// B − A: below the first bound much less, above the last one much more; the middle is alike.
const CHANGES = {
  live: { bounds: [-0.25, -1e-9, 1e-9, 0.25], names: ["≤ −25", "−25…0", "±0", "0…+25", "≥ +25"] },
  late: { bounds: [-4.5, -0.5, 0.5, 4.5], names: ["≤ −5", "−4…−1", "±0", "+1…+4", "≥ +5"] },
  cost: { bounds: [-1000, -50, 50, 1000], names: ["≤ −1,000", "−1,000…−50", "±50", "+50…+1,000", "≥ +1,000"] },
  overload: { bounds: [-0.2, -0.01, 0.01, 0.2], names: ["≤ −0.2", "−0.2…", "±0.01", "…+0.2", "≥ +0.2"] },
  excluded: { bounds: [-0.01, -0.0005, 0.0005, 0.01], names: ["≤ −1", "−1…", "±0.05", "…+1", "≥ +1"] },
  group: { bounds: [-0.5, -0.5, 0.5, 0.5] },
};

export class Atlas {
  constructor(nation) {
    this.nation = nation;
    this.count = nation.code.length;
    this.shapes = nation.rings.map((rings) => {
      const d = rings.map((ring) => {
        let text = "";
        for (let k = 0; k < ring.length; k += 2) text += `${k ? "L" : "M"}${ring[k]} ${ring[k + 1]}`;
        return `${text}Z`;
      }).join("");
      return { d, path: new Path2D(d) };
    });
    this.boxes = nation.rings.map((rings) => {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (const ring of rings) {
        for (let k = 0; k < ring.length; k += 2) {
          box[0] = Math.min(box[0], ring[k]); box[1] = Math.min(box[1], ring[k + 1]);
          box[2] = Math.max(box[2], ring[k]); box[3] = Math.max(box[3], ring[k + 1]);
        }
      }
      return box;
    });
    this.bounds = nation.bounds;
    this.neighbours = Array.from({ length: this.count }, () => []);
    const [one, other] = nation.neighbours;
    one.forEach((row, k) => { this.neighbours[row].push(other[k]); this.neighbours[other[k]].push(row); });
    this.grouped = new WeakMap();
  }

  frame(width, height) {
    const [west, south, east, north] = this.bounds;
    const scale = Math.min((width - 2 * MARGIN) / (east - west), (height - 2 * MARGIN) / (north - south));
    return {
      scale,
      x: (width - scale * (east - west)) / 2 - scale * west,
      y: (height - scale * (north - south)) / 2 + scale * north,
    };
  }

  value(run, layer, month, municipality) {
    const value = run[`layer_${layer}`][month * this.count + municipality];
    return layer === "live" ? value / this.nation.systems[municipality] : value;
  }

  // Neighbouring groups get different colours where eight suffice.
  groupPlaces(run, month) {
    let months = this.grouped.get(run);
    if (!months) this.grouped.set(run, (months = new Map()));
    if (months.has(month)) return months.get(month);
    const group = run.layer_group.subarray(month * this.count, (month + 1) * this.count);
    const taken = new Map();
    const members = new Map();
    group.forEach((lead, municipality) => {
      if (lead >= 0) members.set(lead, [...(members.get(lead) ?? []), municipality]);
    });
    for (const [lead, municipalities] of members) {
      const used = new Array(GROUPS).fill(0);
      for (const municipality of municipalities) {
        for (const near of this.neighbours[municipality]) {
          if (group[near] !== lead && taken.has(group[near])) used[taken.get(group[near])] += 1;
        }
      }
      const start = lead % used.length;
      let best = start;
      for (let k = 0; k < used.length; k += 1) {
        const place = (start + k) % used.length;
        if (used[place] < used[best]) best = place;
      }
      taken.set(lead, best);
    }
    const places = Array.from(group, (lead) => (lead < 0 ? -1 : taken.get(lead)));
    months.set(month, places);
    return places;
  }

  fills(run, layer, month, { bins, groups }) {
    if (layer === "group") return this.groupPlaces(run, month).map((place) => (place < 0 ? bins[0] : groups[place]));
    const { bounds } = BINS[layer];
    return this.shapes.map((_, municipality) => bins[placeIn(bounds, this.value(run, layer, month, municipality))]);
  }

  // B − A of one municipality; of groups whether it is in one.
  change(runs, layer, month, municipality) {
    const [a, b] = [runs.a, runs.b].map((run) => this.value(run, layer, month, municipality));
    return layer === "group" ? Number(b >= 0) - Number(a >= 0) : b - a;
  }

  draw(pen, width, height, run, { layer, month, chosen }) {
    this.paint(pen, width, height, this.fills(run, layer, month, pen.colours), chosen);
  }

  drawChange(pen, width, height, runs, { layer, month, chosen }) {
    const { bounds } = CHANGES[layer];
    const fills = this.shapes.map((_, municipality) => pen.colours.changes[placeIn(bounds, this.change(runs, layer, month, municipality) || 0)]);
    this.paint(pen, width, height, fills, chosen);
  }

  paint(pen, width, height, fills, chosen) {
    const frame = this.frame(width, height);
    const edge = this.count < 300 ? pen.colours.edge : null;
    pen.shapes(frame, this.shapes.map((shape, municipality) => ({ shape, fill: fills[municipality], stroke: edge, width: 1.2 })));
    for (const [west, south, east, north] of this.nation.boxes) {
      const [x, y] = [frame.x + frame.scale * west, frame.y - frame.scale * north];
      pen.rect(x, y, frame.scale * (east - west), frame.scale * (north - south), null, pen.colours.faint);
    }
    if (chosen >= 0) {
      pen.shapes(frame, [
        { shape: this.shapes[chosen], stroke: pen.colours.paper, width: 6 },
        { shape: this.shapes[chosen], stroke: pen.colours.ink, width: 3 },
      ]);
    }
  }

  // Draws what the colours mean, in rows, and returns how high that is.
  legend(pen, width, layer, size = TYPE, isChange = false) {
    const [side, row] = [size + 1, size + 9];
    let [x, y] = [MARGIN, 0];
    for (const { colours, name } of this.keys(pen.colours, layer, isChange)) {
      const wide = side * colours.length + 6 + pen.width(name, size) + 14;
      if (x > MARGIN && x + wide > width + 14) { x = MARGIN; y += row; }
      colours.forEach((colour, k) => pen.rect(x + k * side, y + 4, side, size, colour, pen.colours.faint));
      pen.text(x + side * colours.length + 6, y + size + 2, name, { size });
      x += wide;
    }
    return y + row;
  }

  keys({ bins, groups, changes }, layer, isChange) {
    if (isChange && layer === "group") {
      return [[changes[0], "only_a"], [changes[2], "alike"], [changes[4], "only_b"]].map(([colour, key]) => ({ colours: [colour], name: t(`group_${key}`) }));
    }
    if (isChange) return CHANGES[layer].names.map((name, k) => ({ colours: [changes[k]], name }));
    if (layer === "group") return [{ colours: [bins[0]], name: t("alone") }, { colours: groups, name: t("legend_groups") }];
    return BINS[layer].names.map((name, k) => ({ colours: [bins[k]], name }));
  }

  at(context, canvas, x, y) {
    const frame = this.frame(canvas.clientWidth, canvas.clientHeight);
    const east = (x - frame.x) / frame.scale;
    const north = (frame.y - y) / frame.scale;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    const found = this.boxes.findIndex((box, municipality) =>
      east >= box[0] && east <= box[2] && north >= box[1] && north <= box[3]
      && context.isPointInPath(this.shapes[municipality].path, east, north));
    context.restore();
    return found;
  }

  // The nearest municipality in a direction, for the arrow keys.
  towards(municipality, dx, dy) {
    const middle = (box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    const [x, y] = middle(this.boxes[municipality]);
    let best = municipality;
    let least = Infinity;
    this.boxes.forEach((box, other) => {
      const [u, v] = middle(box);
      const ahead = (u - x) * dx + (v - y) * dy;
      const aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
      const distance = ahead + 2 * aside;
      if (ahead > 0.01 && ahead >= aside && distance < least) { least = distance; best = other; }
    });
    return best;
  }

  // Whom to thank for the nation.
  credit() {
    return this.nation.isSynthetic ? t("credit_synthetic") : this.nation.attribution.join(" · ");
  }

  name(municipality, teaching) {
    const { nation } = this;
    const name = teaching ? t("municipality_name", { number: municipality + 1 }) : nation[spoken() === "ja" ? "name_ja" : "name"][municipality];
    return `${name} (${nation.code[municipality]}, ${t(`type_${nation.types[nation.kind[municipality]]}`)}, ${number(nation.population[municipality])})`;
  }

  written(run, layer, month, municipality) {
    const value = this.value(run, layer, month, municipality);
    if (layer === "group") {
      if (value < 0) return t("alone");
      const group = run.layer_group.subarray(month * this.count, (month + 1) * this.count);
      return t("group_of", { count: group.reduce((sum, lead) => sum + (lead === value), 0) });
    }
    if (layer === "live" || layer === "excluded") return percent(value);
    return number(value, layer === "overload" ? 2 : 0);
  }

  // The change of one municipality in words.
  writtenChange(runs, layer, month, municipality) {
    const value = this.change(runs, layer, month, municipality);
    if (layer === "group") return t(value > 0 ? "group_only_b" : value < 0 ? "group_only_a" : "group_alike");
    const [a, b] = [runs.a, runs.b].map((run) => this.value(run, layer, month, municipality));
    const { sign, amount } = difference(layer, a, b);
    return `B − A ${["−", "±", "+"][sign + 1]}${amount}`;
  }

  // One number for the whole map, the same as in curves where there is such a curve; `heading` says what it is.
  total(run, layer, month) {
    const series = { live: "live", cost: "cost", excluded: "excluded", group: "cooperating" }[layer];
    if (series) {
      const values = run[`series_${series}`];
      const columns = values.length / (run[`layer_${layer}`].length / this.count);
      return values[(month + 1) * columns - 1]; // all types
    }
    const part = run[`layer_${layer}`].subarray(month * this.count, (month + 1) * this.count);
    const sum = part.reduce((total, value) => total + (Number.isFinite(value) ? value : 0), 0);
    return layer === "late" ? sum : sum / this.count;
  }

  heading(run, layer, month) {
    return t(`heading_${layer}`, { value: written(layer, this.total(run, layer, month)) });
  }

  // One sentence that says in which way B differs from A.
  sentence(runs, { layer, month }, months) {
    const { sign, amount } = difference(layer, this.total(runs.a, layer, month), this.total(runs.b, layer, month));
    const values = { amount, month: monthInWords(months[month]), layer: t(`layer_${layer}`) };
    return t(sign === 0 ? "sentence_same" : `sentence_${layer}_${sign > 0 ? "more" : "less"}`, values);
  }

  describe(run, which, { layer, month }, months) {
    return t("map_description", {
      which, month: monthInWords(months[month]), layer: t(`layer_${layer}`), value: this.heading(run, layer, month),
    });
  }
}

function placeIn(bounds, value) {
  let place = 0;
  while (place < bounds.length && value >= bounds[place]) place += 1;
  return place;
}
