// Everything drawn around and above the picture: axes, level bar, overview, cursor, selection, labels.
'use strict';

const ink = byId('ink'), inkContext = ink.getContext('2d');
const overlay = byId('overlay'), overlayContext = overlay.getContext('2d');
const overview = byId('overview'), overviewContext = overview.getContext('2d');
let extremes = {samples: null, width: 0, values: null, peak: 1};

const inkColor = () => getComputedStyle(document.body).color;

// Makes a canvas as sharp as the screen; drawing is in CSS pixels.
function fitCanvas(canvas, context, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

function layOut() {
  const box = byId('view').getBoundingClientRect(), width = Math.floor(box.width), height = Math.floor(box.height);
  picture.width = width;
  picture.height = height;
  fitCanvas(ink, inkContext, width, height);
  fitCanvas(overlay, overlayContext, width, height);
  area.width = Math.max(16, width - MARGIN.left - MARGIN.right);
  area.height = Math.max(16, height - MARGIN.top - MARGIN.bottom);
  image = new ImageData(area.width, area.height);
  pixels = new Uint32Array(image.data.buffer);
}

function drawLine(context, ...points) {
  context.beginPath();
  points.forEach(([x, y], index) => index ? context.lineTo(x, y) : context.moveTo(x, y));
  context.stroke();
}

function drawSideways(text, x, y) {
  inkContext.save();
  inkContext.translate(x, y);
  inkContext.rotate(-Math.PI / 2);
  inkContext.textAlign = 'center';
  inkContext.fillText(text, 0, 0);
  inkContext.restore();
}

function drawAxes() {
  const {left, top} = MARGIN, {width, height} = area, bottom = top + height, right = left + width;
  inkContext.clearRect(0, 0, right + MARGIN.right, bottom + MARGIN.bottom);
  inkContext.font = '12px system-ui, sans-serif';
  inkContext.fillStyle = inkContext.strokeStyle = inkColor();
  inkContext.lineWidth = 1;
  inkContext.textAlign = 'center';
  inkContext.textBaseline = 'top';
  for (const {at, text} of timeTicks()) {
    const x = left + Math.floor(at) + 0.5;
    drawLine(inkContext, [x, bottom], [x, bottom + 5]);
    inkContext.fillText(text, x, bottom + 7);
  }
  inkContext.fillText(endTime() < 120 ? 'time (s)' : 'time', left + width / 2, bottom + 22);
  inkContext.textAlign = 'right';
  inkContext.textBaseline = 'middle';
  for (const {at, text} of frequencyTicks()) {
    const y = top + Math.min(height - 1, Math.floor(at)) + 0.5;
    drawLine(inkContext, [left - 5, y], [left, y]);
    inkContext.fillText(text, left - 8, y);
  }
  drawSideways('frequency (kHz)', 11, top + height / 2);
  drawLevelBar(right + 14, top, height);
  inkContext.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
}

function drawLevelBar(x, top, height) {
  for (let y = 0; y < height; y++) {
    const color = colors[255 - Math.floor(255 * y / (height - 1))];
    inkContext.fillStyle = `rgb(${color & 255}, ${color >> 8 & 255}, ${color >> 16 & 255})`;
    inkContext.fillRect(x, top + y, 12, 1);
  }
  inkContext.fillStyle = inkColor();
  inkContext.textAlign = 'left';
  for (const {at, text} of levelTicks()) {
    const y = top + Math.round(at) + 0.5;
    drawLine(inkContext, [x + 12, y], [x + 16, y]);
    inkContext.fillText(text, x + 19, y);
  }
  drawSideways('dB re full scale', x + 58, top + height / 2);
}

function drawOverview() {
  const box = overview.getBoundingClientRect(), width = area.width, height = Math.floor(box.height), {left} = MARGIN;
  const samples = shownSamples();
  if (extremes.samples !== samples || extremes.width !== width) {
    const values = envelope(samples, width);
    extremes = {samples, width, values, peak: values.reduce((peak, value) => Math.max(peak, Math.abs(value)), 1e-9)};
  }
  fitCanvas(overview, overviewContext, Math.floor(box.width), height);
  overview.style.width = '';
  overview.style.height = '';
  overviewContext.fillStyle = '#7f8db3';
  for (let x = 0; x < width; x++) {
    const low = extremes.values[2 * x] / extremes.peak, high = extremes.values[2 * x + 1] / extremes.peak;
    overviewContext.fillRect(left + x, height / 2 - high * height / 2, 1, Math.max(1, (high - low) * height / 2));
  }
  const total = sound.n / view.spp, from = view.first / total, to = Math.min(1, (view.first + width) / total);
  overviewContext.fillStyle = 'rgba(0, 0, 0, .35)';
  overviewContext.fillRect(left, 0, from * width, height);
  overviewContext.fillRect(left + to * width, 0, (1 - to) * width, height);
  overviewContext.strokeStyle = '#2f9be6';
  overviewContext.strokeRect(left + from * width + 0.5, 0.5, Math.max(1, (to - from) * width - 1), height - 1);
}

// Cursor, selection, labels and play head change often: they have a canvas of their own.
function drawOverlay() {
  const {left, top} = MARGIN, {width, height} = area, context = overlayContext;
  context.clearRect(0, 0, left + width + MARGIN.right, top + height + MARGIN.bottom);
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.lineWidth = 1;
  for (const label of data.labels) drawLabel(context, label);
  if (view.selection) {
    const {from, to, low, high} = view.selection, x = left + xAt(from), y = top + yAt(high);
    const w = xAt(to) - xAt(from), h = yAt(Math.max(low, lowEdge())) - yAt(high);
    context.fillStyle = 'rgba(255, 255, 255, .12)';
    context.fillRect(x, y, w, h);
    outline(context, () => context.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, Math.round(w), Math.round(h)));
  }
  if (view.cursor) {
    const x = left + Math.floor(view.cursor.x) + 0.5, y = top + Math.floor(view.cursor.y) + 0.5;
    context.setLineDash([3, 3]);
    outline(context, () => {
      drawLine(context, [x, top], [x, top + height]);
      drawLine(context, [left, y], [left + width, y]);
    });
    context.setLineDash([]);
  }
  if (isPlaying()) {
    const x = left + xAt(playHead());
    outline(context, () => drawLine(context, [x, top], [x, top + height]));
  }
  context.restore();
}

function drawLabel(context, {start_s: from, end_s: to, low_hz: low, high_hz: high, text}) {
  const {left, top} = MARGIN, x = left + xAt(from), w = Math.max(1, xAt(to) - xAt(from));
  if (x > left + area.width || x + w < left) return;
  const y = top + yAt(high ?? view.high), bottom = top + yAt(Math.max(low ?? 0, lowEdge()));
  outline(context, () => context.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, Math.round(w), Math.round(bottom - y)));
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'top';
  context.textAlign = 'left';
  const inside = Math.max(x, left) + 3, wide = context.measureText(text).width;
  context.fillStyle = 'rgba(0, 0, 0, .6)';
  context.fillRect(inside - 2, y + 2, wide + 4, 14);
  context.fillStyle = 'white';
  context.fillText(text, inside, y + 3);
}

// Light on a dark shadow is seen on every palette.
function outline(context, stroke) {
  context.strokeStyle = 'rgba(0, 0, 0, .6)';
  context.lineWidth = 3;
  stroke();
  context.strokeStyle = 'white';
  context.lineWidth = 1;
  stroke();
}
