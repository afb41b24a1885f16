// What the server says. Nothing else is ever asked.

export class Refused extends Error {
  constructor(problems, status) {
    super("refused");
    this.problems = problems;
    this.isBusy = status >= 500; // it may answer later
  }
}

async function answered(response) {
  if (response.ok) return response;
  const content = await response.json().catch(() => ({}));
  throw new Refused(content.problems ?? {}, response.status);
}

export async function get(path) {
  return (await answered(await fetch(path))).json();
}

export async function ask(path, content, signal) {
  const response = await answered(await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content), signal }));
  return path === "run" ? unpack(await response.arrayBuffer()) : response.json();
}

const TYPES = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array };

// A packed run: length of a JSON text, that text, the arrays that it lists (see runs.pack).
function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const run = { kpis: about.kpis, strata: about.strata, deadline: about.deadline };
  for (const { name, type, shape, place } of about.arrays) {
    const count = shape.reduce((product, side) => product * side, 1);
    run[name] = new TYPES[type](buffer, 4 + length + place, count);
  }
  return run;
}
