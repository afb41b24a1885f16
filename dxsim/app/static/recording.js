// A recorded lesson: what the server packs (lessons/recording.py), as runs that maps and curves can draw.

// Adds the runs of one part of a recording to those that are known.
export function withRuns(part, layer, known = {}) {
  const runs = { ...known };
  for (const [name, values] of Object.entries(part)) {
    const [, arm, what] = name.match(/^(\w+)\.(layer|series)$/) ?? [];
    if (!arm) continue;
    const scale = part.scales[arm];
    const levels = what === "layer" && scale ? Float32Array.from(values, (level) => level * scale) : values;
    runs[arm] = { ...runs[arm], [what === "layer" ? `layer_${layer}` : "series"]: levels };
  }
  return runs;
}
