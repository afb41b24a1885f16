// The page to explore from a file: what the app answered is in the page, and nothing else can be asked.

import { Refused, answerFrom, unpack } from "./data.js";
import { content, unzipped } from "./inside.js";

const ELSEWHERE = "recorded_only"; // what is said of all that only the app knows
const { answers, cited, link } = content;
const runs = await Promise.all(content.runs.map(unzipped));

answerFrom((path, asked) => {
  if (path === "run") return unpack(runs[isOfA(asked) ? 0 : 1].slice(0));
  if (path === "cite") return cited[asked.language];
  if (path in answers) return answers[path];
  const { en, ja } = answers.start.texts;
  throw new Refused({ en: [en[ELSEWHERE]], ja: [ja[ELSEWHERE]] }, 422);
});

// Whether a run is that of A: its settings are those of the link.
function isOfA({ scenario, parameters }) {
  const words = new URLSearchParams(link.slice(1));
  const given = Object.entries(parameters).map(([key, value]) => [`a.${key}`, String(value)]);
  return words.get("a") === scenario && given.every(([key, value]) => words.get(key) === value) && [...words.keys()].filter((key) => key.startsWith("a.")).length === given.length;
}

document.body.dataset.recorded = "yes";
if (!location.hash) history.replaceState(null, "", link);
await import("./explore.js");
