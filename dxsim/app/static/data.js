// What the server says. Nothing else is ever asked.

export class Refused extends Error {
  constructor(problems, status) {
    super("refused");
    this.problems = problems;
    this.isBusy = status >= 500; // it may answer later
  }
}

let recorded = null;

// Lets `answer` say what the server would: of a path and what is asked of it.
export function answerFrom(answer) {
  recorded = answer;
}

async function answered(response) {
  if (response.ok) return response;
  const content = await response.json().catch(() => ({}));
  throw new Refused(content.problems ?? {}, response.status);
}

export async function get(path) {
  if (recorded) return recorded(path);
  return (await answered(await fetch(path))).json();
}

export async function ask(path, content, signal) {
  if (recorded) return recorded(path, content);
  const response = await answered(await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content), signal }));
  if (path === "handout") return response.text();
  return PACKED.includes(path) ? unpack(await response.arrayBuffer()) : response.json();
}

const PACKED = ["run", "recording"];
const TYPES = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array };

// What runs.packed has made: length of a JSON text, that text, the arrays that it lists.
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const { arrays, ...found } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  for (const { name, type, shape, place } of arrays) {
    const count = shape.reduce((product, side) => product * side, 1);
    found[name] = new TYPES[type](buffer, 4 + length + place, count);
  }
  return found;
}
