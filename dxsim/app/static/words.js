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

const percentSign = () => (language === "ja" ? "％" : " %");

export const percent = (value, digits = 1) => (Number.isFinite(value) && value !== null ? `${number(100 * value, digits)}${percentSign()}` : t("not_known"));

export function monthName(month) {
  const [year, of] = month.split("-");
  return language === "ja" ? `${year}年${Number(of)}月` : month;
}

export function monthInWords(month) {
  const [year, of] = month.split("-").map(Number);
  return language === "ja" ? monthName(month) : new Date(Date.UTC(year, of - 1)).toLocaleString("en-US", { month: "long", year: "numeric", timeZone: "UTC" });
}

export function money(yen) {
  if (language !== "ja") return `${number(yen / 1e6, yen < 1e7 ? 1 : 0)} million yen`;
  return yen < 1e8 ? `${number(yen / 1e4)}万円` : `${number(yen / 1e8, 2)}億円`;
}

// How each quantity is written: in which unit, with how many decimals at least.
const SHARE = { scale: 100, digits: 1 };
const KINDS = {
  cost_per_resident_2035: { scale: 1, digits: 0 }, cost_per_resident: { scale: 1, digits: 0 }, cost: { scale: 1, digits: 0 },
  own_burden: { scale: 1e-8, digits: 1 }, subsidy_paid: { scale: 1e-8, digits: 1 },
  mean_group_size: { scale: 1, digits: 2 }, queue: { scale: 1, digits: 1 }, overload: { scale: 1, digits: 2 }, late: { scale: 1, digits: 0 },
  series_cost: { scale: 1, digits: 0 }, series_exposed: { scale: 1, digits: 0 }, layer_late: { scale: 1, digits: 0 }, layer_cost: { scale: 1, digits: 0 },
  layer_exposed: { scale: 1, digits: 0 }, exposed_records: { scale: 1, digits: 0 },
};
const MOST_DIGITS = 8;

const kindOf = (name) => (Object.hasOwn(KINDS, name) ? KINDS[name] : SHARE);

export const isShare = (name) => kindOf(name) === SHARE;

export function written(name, value) {
  const { scale, digits } = kindOf(name);
  return isShare(name) ? percent(value, digits) : number(value === null ? null : value * scale, digits);
}

// Values of a figure and their differences from the first one, with so many decimals that they agree.
export function figures(name, rows) {
  const { scale, digits: least } = kindOf(name);
  const [first] = rows;
  const entry = ({ mean, low, high }) => ({ before: first.mean, after: mean, difference: mean - first.mean, low: low === null ? null : low - first.mean, high: high === null ? null : high - first.mean });
  const digits = Math.max(least, ...rows.filter(({ mean, is_sure: isSure }) => mean !== null && isSure).map((row) => rounded(name, entry(row)).digits));
  const whole = (value) => Math.round(value * scale * 10 ** digits);
  return rows.map(({ mean }) => (mean === null ? null : {
    value: `${number(whole(mean) / 10 ** digits, digits)}${isShare(name) ? percentSign() : ""}`, difference: withSign((whole(mean) - whole(first.mean)) / 10 ** digits, digits),
  }));
}

function withSign(value, digits) {
  const text = number(Math.abs(value), digits);
  return value === 0 ? `±${text}` : `${value > 0 ? "+" : "−"}${text}`;
}

export function signed(name, value) {
  if (value === null || !Number.isFinite(value)) return t("not_known");
  const { scale, digits } = kindOf(name);
  return withSign(Math.round(value * scale * 10 ** digits) / 10 ** digits, digits);
}

// The numbers of a comparison as they are printed, in whole units of the last decimal: the difference is that of the
// two printed means, it lies in the printed interval, and that holds zero only if the true one does. Decimals are
// added until rounding denies nothing of this.
export function rounded(name, { before, after, difference, low, high }) {
  const { scale, digits: least } = kindOf(name);
  for (let digits = least; ; digits += 1) {
    const whole = (value) => Math.round(value * scale * 10 ** digits);
    const [a, b] = [whole(before), whole(after)];
    const found = { a, b, difference: b - a, low: low === null ? null : whole(low), high: high === null ? null : whole(high), digits };
    const isTrue = found.difference * difference >= 0 && (low === high || found.low < found.high)
      && (low === null || (found.low <= found.difference && found.difference <= found.high && (found.low > 0) === (low > 0) && (found.high < 0) === (high < 0)));
    if (isTrue) return found;
    if (digits === MOST_DIGITS) return { ...found, low: low === null ? null : Math.min(found.low, found.difference), high: high === null ? null : Math.max(found.high, found.difference) };
  }
}

// Whether a difference is proven ("proven"), not ("open"), none in any pair ("none"), or not known ("missing").
export function verdictOf({ difference, low, high }) {
  if (difference === null || low === null) return "missing";
  if (low === 0 && high === 0) return "none";
  return low > 0 || high < 0 ? "proven" : "open";
}

// The means of A and B, their difference, its interval and what that says, in words.
export function compared(name, [first, entry]) {
  const verdict = verdictOf(entry);
  if (entry.difference === null) {
    return { a: written(name, first.mean), b: written(name, entry.mean), difference: t("not_known"), interval: t("not_known"), verdict };
  }
  const found = rounded(name, entry);
  const unit = isShare(name) ? percentSign() : "";
  const plain = (value) => `${number(value / 10 ** found.digits, found.digits)}${unit}`;
  const signed = (value) => withSign(value / 10 ** found.digits, found.digits);
  const interval = verdict === "none" ? t("difference_none") : verdict === "missing" ? t("not_known") : `[${signed(found.low)}, ${signed(found.high)}]`;
  return { a: plain(found.a), b: plain(found.b), difference: signed(found.difference), interval, verdict };
}

// The same of one pair of values, for a sentence: how much B has more or less than A, as the printed values say.
export function difference(name, before, after) {
  const { scale, digits } = kindOf(name);
  const whole = (value) => Math.round(value * scale * 10 ** digits);
  const steps = whole(after) - whole(before);
  return { sign: Math.sign(steps), amount: number(Math.abs(steps) / 10 ** digits, digits) };
}

export function interval(name, entries) {
  const found = compared(name, entries);
  return `${found.difference} ${found.interval}${found.verdict === "open" ? ` ${t("not_proven")}` : ""}`;
}
