// The address bar holds all that is on the screen: `#nation=teaching&a=baseline&a.policy.deadline=2027-03&...`.

export const PLAIN = ["language", "nation", "edit", "layer", "view", "speed", "series", "type", "tab", "stratum"];
export const NUMBERS = ["seed", "seeds", "month", "chosen"];

export function toLink(state) {
  const words = new URLSearchParams();
  for (const key of PLAIN) if (state[key]) words.set(key, state[key]);
  for (const key of NUMBERS) words.set(key, String(state[key]));
  for (const arm of ["a", "b"]) {
    words.set(arm, state[arm].scenario);
    for (const [key, value] of Object.entries(state[arm].parameters)) words.set(`${arm}.${key}`, String(value));
  }
  return `#${words}`;
}

// Reads a link into a copy of `state`; `known` says what each entry may be. What can't be read is named and left out.
export function fromLink(fragment, state, known) {
  const found = structuredClone(state);
  const bad = [];
  const words = new URLSearchParams(fragment.replace(/^#/, ""));
  for (const arm of ["a", "b"]) if (words.has(arm)) found[arm] = { scenario: state[arm].scenario, parameters: {} };
  for (const [key, text] of words) {
    const [, arm, parameter] = key.match(/^([ab])\.(.+)$/) ?? [];
    if (PLAIN.includes(key) && known[key].includes(text)) found[key] = text;
    else if (NUMBERS.includes(key) && /^-?\d{1,16}$/.test(text) && Number(text) >= known[key][0] && Number(text) <= known[key][1]) found[key] = Number(text);
    else if ((key === "a" || key === "b") && known.scenario.includes(text)) found[key].scenario = text;
    else if (arm && Object.hasOwn(known.parameters, parameter) && known.parameters[parameter](text) !== undefined) {
      found[arm].parameters[parameter] = known.parameters[parameter](text);
    } else bad.push(key);
  }
  return { found, bad };
}
