// One drawing, three uses: on the screen, as PNG (both canvas) and as SVG. Positions are CSS pixels. A pen brings the
// colours of what it draws on: `pen.colours`.

import { palette } from "./theme.js";

export const TYPE = 13; // the smallest type, px
export class CanvasPen {
  constructor(context, colours = palette()) {
    this.context = context;
    this.colours = colours;
    this.font = getComputedStyle(document.body).fontFamily;
  }
  rect(x, y, width, height, fill, stroke, thick = 1) {
    const c = this.context;
    if (fill) { c.fillStyle = fill; c.fillRect(x, y, width, height); }
    if (stroke) { c.strokeStyle = stroke; c.lineWidth = thick; c.strokeRect(x, y, width, height); }
  }
  line(points, stroke, width = 1, dash = []) {
    const c = this.context;
    c.beginPath();
    let down = false;
    for (const [x, y] of points) {
      if (!Number.isFinite(y)) { down = false; continue; }
      if (down) c.lineTo(x, y); else c.moveTo(x, y);
      down = true;
    }
    c.setLineDash(dash);
    c.strokeStyle = stroke; c.lineWidth = width; c.lineJoin = "round";
    c.stroke();
    c.setLineDash([]);
  }
  area(points, fill) {
    const c = this.context;
    c.beginPath();
    points.forEach(([x, y], k) => (k ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.closePath();
    c.fillStyle = fill;
    c.fill();
  }
  circle(x, y, radius, fill) {
    const c = this.context;
    c.beginPath(); c.arc(x, y, radius, 0, 7); c.fillStyle = fill; c.fill();
  }
  text(x, y, words, { size = TYPE, anchor = "start", colour = this.colours.ink, weight = 400 } = {}) {
    const c = this.context;
    c.font = `${weight} ${size}px ${this.font}`;
    c.textAlign = anchor === "middle" ? "center" : anchor;
    c.fillStyle = colour;
    c.fillText(words, x, y);
  }
  width(words, size = TYPE, weight = 400) {
    this.context.font = `${weight} ${size}px ${this.font}`;
    return this.context.measureText(words).width;
  }
  within(x, y, width, height, draw) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(x, y, width, height);
    c.clip();
    c.translate(x, y);
    draw(this);
    c.restore();
  }
  shapes(frame, shapes) {
    const c = this.context;
    c.save();
    c.transform(frame.scale, 0, 0, -frame.scale, frame.x, frame.y);
    for (const { shape, fill, stroke, width } of shapes) {
      if (fill) { c.fillStyle = fill; c.fill(shape.path); }
      if (stroke) { c.strokeStyle = stroke; c.lineWidth = width / frame.scale; c.lineJoin = "round"; c.stroke(shape.path); }
    }
    c.restore();
  }
}

const escape = (text) => String(text).replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);
const short = (number) => Number(number.toFixed(2));

export class SvgPen {
  constructor(measuring) {
    this.parts = [];
    this.measuring = measuring;
    this.colours = measuring.colours;
  }
  rect(x, y, width, height, fill, stroke, thick = 1) {
    this.parts.push(`<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="${fill || "none"}"${stroke ? ` stroke="${stroke}" stroke-width="${thick}"` : ""}/>`);
  }
  line(points, stroke, width = 1, dash = []) {
    let down = false;
    const d = points.map(([x, y]) => {
      if (!Number.isFinite(y)) { down = false; return ""; }
      const step = `${down ? "L" : "M"}${short(x)} ${short(y)}`;
      down = true;
      return step;
    }).join("");
    this.parts.push(`<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-dasharray="${dash.join(" ")}" stroke-linejoin="round"/>`);
  }
  area(points, fill) {
    this.parts.push(`<path d="${points.map(([x, y], k) => `${k ? "L" : "M"}${short(x)} ${short(y)}`).join("")}Z" fill="${fill}"/>`);
  }
  circle(x, y, radius, fill) {
    this.parts.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" fill="${fill}"/>`);
  }
  text(x, y, words, { size = TYPE, anchor = "start", colour = this.colours.ink, weight = 400 } = {}) {
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${colour}">${escape(words)}</text>`);
  }
  width(words, size, weight) {
    return this.measuring.width(words, size, weight);
  }
  shapes(frame, shapes) {
    this.parts.push(`<g transform="matrix(${frame.scale} 0 0 ${-frame.scale} ${frame.x} ${frame.y})">`);
    for (const { shape, fill, stroke, width } of shapes) {
      this.parts.push(`<path d="${shape.d}" fill="${fill || "none"}"${stroke ? ` stroke="${stroke}" stroke-width="${width / frame.scale}"` : ""}/>`);
    }
    this.parts.push("</g>");
  }
  within(x, y, width, height, draw) {
    this.parts.push(`<svg x="${x}" y="${y}" width="${width}" height="${height}">`);
    draw(this);
    this.parts.push("</svg>");
  }
  document(width, height, title) {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escape(this.measuring.font)}" role="img"><title>${escape(title)}</title>${this.parts.join("")}</svg>`;
  }
}

// Breaks words into lines that fit: at blanks, or anywhere in Japanese.
export function broken(pen, words, width, size = TYPE, weight = 400) {
  const lines = [""];
  for (const part of words.match(/[\u2e80-\uffff]|[^\s\u2e80-\uffff]+|\s+/g) ?? []) {
    const last = lines.length - 1;
    if (lines[last] && pen.width(lines[last] + part, size, weight) > width) lines.push(part.trimStart());
    else lines[last] += part;
  }
  return lines;
}

// Draws on a canvas of the page, sharp on any screen.
export function onCanvas(canvas, draw) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) return;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  draw(new CanvasPen(context), width, height);
}
