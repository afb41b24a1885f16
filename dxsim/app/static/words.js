// Texts and numbers in the language of the page.

let texts = {};
let language = "en";

export function speak(all, which) {
  language = which;
  texts = all[which];
  document.documentElement.lang = which;
}

export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
}

export const spoken = () => language;

export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return t("not_known");
  const shown = Number(value.toFixed(digits)) === 0 ? 0 : value; // never "-0.0"
  return shown.toLocaleString(language === "ja" ? "ja-JP" : "en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const percent = (value, digits = 1) => (Number.isFinite(value) && value !== null ? `${number(100 * value, digits)} %` : t("not_known"));

export function monthName(month) {
  const [year, of] = month.split("-");
  return language === "ja" ? `${year}年${Number(of)}月` : month;
}

// How each quantity is written; a difference has a sign.
const yen = (value) => number(value, 0);
const large = (value) => number(value / 1e8, Math.abs(value) < 1e9 ? 1 : 0);
const plain = (value) => number(value, 2);
const FORMATS = {
  cost_per_resident_2035: yen, cost_per_resident: yen, cost: yen,
  layer_late: yen, layer_cost: yen, exposed_records: yen, exposed: yen, layer_exposed: yen,
  own_burden: large, subsidy_paid: large, mean_group_size: plain, queue: (value) => number(value, 1),
};

export const isShare = (name) => !(name in FORMATS);

export const written = (name, value) => (FORMATS[name] ?? ((share) => percent(share)))(value);

export function signed(name, value) {
  if (value === null || !Number.isFinite(value)) return t("not_known");
  const text = written(name, Math.abs(value)).replace(" %", "");
  const isNone = text === written(name, 0).replace(" %", "");
  return `${isNone ? "±" : value > 0 ? "+" : "−"}${text}`;
}

export const interval = (name, { difference, low, high }) =>
  (difference === null ? t("not_known") : `${signed(name, difference)} [${signed(name, low)}, ${signed(name, high)}]`);
