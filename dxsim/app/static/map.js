// The map of a nation: shapes, colours, legend, and which municipality lies under a point.

import { monthName, number, percent, t } from "./words.js";

const MARGIN = 6;
const BINS = {
  live: { bounds: [1e-9, 0.5, 0.9, 0.99999], names: ["0 %", "<50", "50–90", "90–99", "100 %"] },
  late: { bounds: [0.5, 4.5, 9.5, 14.5], names: ["0", "1–4", "5–9", "10–14", "15–20"] },
  cost: { bounds: [4000, 8000, 16000, 32000], names: ["<4,000", "4,000–", "8,000–", "16,000–", "≥32,000"] },
  overload: { bounds: [0.8, 1, 1.2, 1.6], names: ["<0.8", "0.8–1", "1–1.2", "1.2–1.6", "≥1.6"] },
  exposed: { bounds: [1e-9, 100, 500, 1000], names: ["0", "<100", "100–500", "500–1,000", "≥1,000"] },
  excluded: { bounds: [0.008, 0.016, 0.03, 0.06], names: ["<0.8 %", "0.8–1.6", "1.6–3", "3–6", "≥6 %"] },
};

export class Atlas {
  constructor(nation, colours) {
    this.nation = nation;
    this.colours = colours;
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
  groupColours(run, month) {
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
      const used = new Array(this.colours.groups.length).fill(0);
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
    const colours = Array.from(group, (lead) => (lead < 0 ? this.colours.late[0] : this.colours.groups[taken.get(lead)]));
    months.set(month, colours);
    return colours;
  }

  fills(run, layer, month) {
    if (layer === "group") return this.groupColours(run, month);
    const { bounds } = BINS[layer];
    const colours = this.colours.late;
    return this.shapes.map((_, municipality) => {
      const value = this.value(run, layer, month, municipality);
      let place = 0;
      while (place < bounds.length && value >= bounds[place]) place += 1;
      return colours[place];
    });
  }

  draw(pen, width, height, run, { layer, month, chosen }) {
    const fills = this.fills(run, layer, month);
    const frame = this.frame(width, height);
    const edge = this.count < 300 ? "#ffffff" : null;
    pen.shapes(frame, this.shapes.map((shape, municipality) => ({ shape, fill: fills[municipality], stroke: edge, width: 1.2 })));
    for (const [west, south, east, north] of this.nation.boxes) {
      const [x, y] = [frame.x + frame.scale * west, frame.y - frame.scale * north];
      pen.rect(x, y, frame.scale * (east - west), frame.scale * (north - south), null, "#8a8a8a");
    }
    if (chosen >= 0) {
      pen.shapes(frame, [
        { shape: this.shapes[chosen], stroke: "#ffffff", width: 5 },
        { shape: this.shapes[chosen], stroke: "#000000", width: 2.5 },
      ]);
    }
  }

  legend(pen, width, layer, size = 11.5) {
    const entries = layer === "group"
      ? [[this.colours.late[0], t("alone")], ...this.colours.groups.slice(0, 4).map((colour) => [colour, ""]), [null, t("legend_groups")]]
      : BINS[layer].names.map((name, k) => [this.colours.late[k], name]);
    let x = MARGIN;
    for (const [colour, name] of entries) {
      if (colour) { pen.rect(x, 5, size + 2, size, colour, "#999"); x += size + 7; }
      if (name) { pen.text(x, size + 4, name, { size }); x += pen.width(name, size) + 14; }
    }
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

  name(municipality, teaching) {
    const { nation } = this;
    const name = teaching ? t("municipality_name", { number: municipality + 1 }) : nation.name[municipality];
    return `${name} (${nation.code[municipality]}, ${t(`type_${nation.types[nation.kind[municipality]]}`)}, ${number(nation.population[municipality])})`;
  }

  written(run, layer, month, municipality) {
    const value = this.value(run, layer, month, municipality);
    if (layer === "group") {
      if (value < 0) return t("alone");
      const group = run.layer_group.subarray(month * this.count, (month + 1) * this.count);
      return `${group.reduce((sum, lead) => sum + (lead === value), 0)} ${t("members")}`;
    }
    if (layer === "live" || layer === "excluded") return percent(value);
    return number(value, layer === "overload" ? 2 : 0);
  }

  // One number for the whole map: a mean of municipalities, or for groups how many are in one.
  summary(run, layer, month) {
    const part = run[`layer_${layer}`].subarray(month * this.count, (month + 1) * this.count);
    if (layer === "group") {
      return percent(part.reduce((sum, lead) => sum + (lead >= 0), 0) / this.count, 0);
    }
    const total = part.reduce((sum, value) => sum + (Number.isFinite(value) ? value : 0), 0);
    if (layer === "live") return percent(total / this.nation.systems.reduce((sum, systems) => sum + systems, 0));
    if (layer === "late") return number(total);
    if (layer === "excluded") return percent(total / this.count);
    return number(total / this.count, layer === "overload" ? 2 : 0);
  }

  describe(run, which, { layer, month }, months) {
    return t("map_description", {
      which, month: monthName(months[month]), layer: t(`layer_${layer}`), value: this.summary(run, layer, month),
    });
  }
}
